#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# exec: a command's status, as env(1) tells it, by every strategy.

load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	"${SPAWNWISE:-$BATS_TEST_DIRNAME/../build/spawnwise}" list --csv |
		tail -n +2 | grep -v creates_nothing >list
	cut -d, -f1 list >real
	# Those that go through a shell tell less.
	grep -v baseline list | cut -d, -f1 >direct
	[ -s direct ]
}

setup() {
	prepare
	real=$(<"$BATS_FILE_TMPDIR/real")
	direct=$(<"$BATS_FILE_TMPDIR/direct")
}

teardown() {
	finish
}

@test "exec exits with the command's status, by every strategy" {
	for strategy in $real; do
		for status in 0 1 42 255; do
			check $status "$command" exec --strategy "$strategy" \
				-- sh -c "exit $status"
			[ ! -s err ]
		done
	done
}

@test "exec hands over stdin, stdout, stderr, arguments and environment" {
	for strategy in $direct; do
		echo input | WORD=spawned check 0 "$command" exec -s "$strategy" \
			-- sh -c 'cat; echo "$WORD:$1:$#"; echo error >&2' \
			sh 'two words' ''
		diff out <(printf 'input\nspawned:two words:2\n')
		diff err <(echo error)
	done
}

@test "exec tells a death by signal as 128 + its number" {
	for strategy in $real; do
		check 137 "$command" exec -s "$strategy" -- sh -c 'kill -9 $$'
		check 143 "$command" exec -s "$strategy" -- sh -c 'kill $$'
	done
}

@test "exec: 127 for what is not found, 126 for what cannot be executed" {
	echo nothing >plain
	: >empty
	chmod +x empty
	ln -s loop loop
	for strategy in $direct; do
		refused 127 "start ./absent by $strategy: No such file" \
			"Give a program" exec -s "$strategy" -- ./absent
		PATH=/usr/bin:/bin check 127 "$command" exec -s "$strategy" \
			-- no-such-command-here
		check 126 "$command" exec -s "$strategy" -- ./plain
		check 126 "$command" exec -s "$strategy" -- .
		check 126 "$command" exec -s "$strategy" -- ./empty
		check 126 "$command" exec -s "$strategy" -- plain/under
		check 126 "$command" exec -s "$strategy" -- ./loop
	done
}

@test "exec: 125 for what is wrong with its own command line" {
	refused 125 "exec: --strategy is missing" "--strategy NAME" \
		exec -- true
	refused 125 "find strategy 'vfrok'" "Did you mean 'vfork'?" \
		exec -s vfrok -- true
	refused 125 "read size '1X'" "64M, 1G" exec -s fork -H 1X -- true
	refused 125 "read size '100'" "page size" exec -s fork -H 100 -- true
	refused 125 "exec --count x" "whole number" exec -s fork -n x -- true
	refused 125 "exec --count -1" "whole number" exec -s fork -n -1 -- true
	refused 125 "exec --backing fur" "base, thp" exec -s fork -b fur -- true
	refused 125 "exec --cpu split" "same or free" \
		exec -s fork -c split -- true
	refused 125 "grow the heap to 900T" "--backing untouched" \
		exec -s fork -H 900T -- true
	refused 125 "run exec: -- CMD... is missing" "exec --help" exec -s fork
	refused 125 "read option '--frob'" "exec --help" exec --frob -- true
}

@test "exec --count 0 runs nothing and 3 runs three times" {
	for strategy in $real; do
		check 0 "$command" exec -s "$strategy" -n 0 -- sh -c 'echo ran'
		[ ! -s out ]
		check 0 "$command" exec -s "$strategy" -n 3 -- sh -c 'echo ran'
		[ "$(grep -c '^ran$' out)" -eq 3 ]
	done
	check 0 "$command" exec -s fork -n 0 -- ./absent
}

@test "exec ends at the first command that fails" {
	check 7 "$command" exec -s vfork -n 5 -- sh -c 'echo ran; exit 7'
	[ "$(wc -l <out)" -eq 1 ]
}

@test "exec grows a heap first, of each backing, on any CPU" {
	for strategy in $real; do
		check 3 "$command" exec -s "$strategy" -H 64M -- sh -c 'exit 3'
		check 3 "$command" exec -s "$strategy" -H 32M -b untouched \
			-c same -- sh -c 'exit 3'
	done
	grep -q '\[never\]' /sys/kernel/mm/transparent_hugepage/enabled ||
		check 0 "$command" exec -s fork -H 64M -b thp -- true
}

@test "exec --cpu same runs caller and child on one CPU, free on any" {
	for strategy in $real; do
		check 0 "$command" exec -s "$strategy" -c same -- \
			grep Cpus_allowed_list: /proc/self/status
		grep -qE '\s[0-9]+$' out
		check 0 "$command" exec -s "$strategy" -c free -- \
			grep Cpus_allowed_list: /proc/self/status
		diff out <(grep Cpus_allowed_list: /proc/self/status)
	done
}

@test "exec takes what follows the command as the command's" {
	check 0 "$command" exec -s fork echo --count 5 --help
	diff out <(echo --count 5 --help)
}

@test "exec with the strategy that creates nothing runs nothing" {
	check 0 "$command" exec -s null -- sh -c 'echo ran; exit 9'
	[ ! -s out ]
}

@test "exec leaves no process behind" {
	for strategy in $real; do
		check 0 "$command" exec -s "$strategy" -- true
	done
	within 2 no_process 'spawnwise*'
}
