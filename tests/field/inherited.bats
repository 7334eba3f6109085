#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# State that spawnwise is started with: ignored and blocked signals, closed
# descriptors, umask, a folder that is gone. What matters is reset for us, and
# kept for the user's own command.

load ../helpers

setup() {
	prepare
	strategies=$("$command" list --csv | tail -n +2 | cut -d, -f1)
	direct=$("$command" list --csv | grep -v -e baseline -e creates_nothing |
		tail -n +2 | cut -d, -f1)
}

teardown() {
	finish
}

childless() { env --ignore-signal=CHLD "$@"; }

# signals FIELD: those that the command of `out` had, from /proc/self/status.
signals() { sed -n "s/^$1:[[:space:]]*//p" out; }

# has_signal MASK NUMBER: a mask of /proc holds it.
has_signal() { ((0x$1 >> ($2 - 1) & 1)); }

@test "SIGCHLD ignored: exec tells the command's status" {
	for strategy in $strategies; do
		[ "$strategy" != null ] || continue
		check 3 childless "$command" exec -s "$strategy" -- \
			sh -c 'exit 3'
		check 137 childless "$command" exec -s "$strategy" -- \
			sh -c 'kill -9 $$'
	done
	users_can_run
	check 3 as_user env --ignore-signal=CHLD "$command" exec -s fork -- sh -c 'exit 3'
}

@test "SIGCHLD ignored: run measures, and says what failed" {
	check 0 childless "$command" run "${few[@]}" --heap 0 --out run
	run_files run
	[ "$(rows run reap failed | sort -u)" = 0 ]
	[ -z "$(rows run samples ref_ns | grep -x -- -)" ]
	check 0 childless "$command" list
	"$command" list >usual
	diff out usual
}

@test "SIGCHLD ignored: plot notices that gnuplot failed" {
	cp -r "$top/tests/data/run" run
	mkdir plots
	printf '# SPDX\n# reads: cells.csv\nexit status 7\n' >plots/bad.gp
	check 1 childless env SPAWNWISE_PLOTS="$PWD/plots" "$command" plot run
	says err "gnuplot could not draw"
	[ ! -e run/bad.svg ]
	check 0 childless "$command" plot run
	[ -s run/feasible.svg ]
}

# The verdicts in the rows of a lab, each once.
lab_words() { grep -oE '\b(yes|no|oom_kill|survived|refused)\b' "$1" | sort -u; }

@test "SIGCHLD ignored: labs find what they find without" {
	for lab in touch oracle frontier; do
		status=0
		"$command" lab $lab --out usual >out 2>err || status=$?
		check $status childless "$command" lab $lab --out ignored
		diff <(lab_words usual/$lab.csv) <(lab_words ignored/$lab.csv)
		if grep -q "signal 0" out err; then return 1; fi
	done
}

@test "a command gets the signals that we were given" {
	given() { env --ignore-signal=HUP,USR1 --block-signal=USR2,WINCH "$@"; }
	for strategy in $direct; do
		check 0 given "$command" exec -s "$strategy" -- \
			cat /proc/self/status
		for number in 1 10; do
			has_signal "$(signals SigIgn)" $number
		done
		for number in 12 28; do
			has_signal "$(signals SigBlk)" $number
		done
	done
	check 0 given "$command" with clone_vm -- cat /proc/self/status
	has_signal "$(signals SigIgn)" 1
	has_signal "$(signals SigBlk)" 12
	check 0 childless "$command" with clone_vm -- cat /proc/self/status
	has_signal "$(signals SigIgn)" 17
	# Ignored, its status would be lost: as by timeout(1).
	check 0 childless "$command" exec -s fork -- cat /proc/self/status
	if has_signal "$(signals SigIgn)" 17; then return 1; fi
}

@test "a command gets the limits, the schedule and the flags that we were given" {
	given() {
		setarch -R choom -n 300 -- prlimit --core=0:0 --nofile=333:444 \
			chrt -b 0 nice -n 4 "$@"
	}
	given true || skip "needs setarch, choom, prlimit and chrt"
	looks='cd /proc/self && cat limits personality oom_score_adj &&
		grep -e ^policy -e ^prio sched && ulimit -a'
	# shellcheck disable=SC2016
	given sh -c 'command=$0 looks=$1; shift; sh -c "$looks" >plain
		for strategy; do
			"$command" exec -s "$strategy" -- sh -c "$looks" >seen
			cmp plain seen || exit
		done' "$command" "$looks" $direct
}

@test "a command gets the umask and the descriptors that we were given" {
	for strategy in $direct; do
		(umask 0137 && check 0 "$command" exec -s "$strategy" -- \
			sh -c umask)
		[ "$(cat out)" = 0137 ]
		open_fds "$strategy"
		[ "$(cat open)" = "0 1 2" ]
		open_fds "$strategy" <&-
		[ "$(cat open)" = "1 2" ]
		open_fds "$strategy" 2>&-
		[ "$(cat open)" = "0 1" ]
		open_fds "$strategy" <&- >&- 2>&-
		[ ! -s open ]
	done
}

# open_fds STRATEGY: which of 0, 1 and 2 a command of exec has, to ./open.
open_fds() {
	"$command" exec -s "$1" -- sh -c 'for fd in 0 1 2; do
		[ ! -e /proc/$$/fd/$fd ] || fds="${fds:+$fds }$fd"
		done; echo $fds >open'
	[ "$(cat open)" ] || : >open
}

@test "closed descriptors: what exec says goes nowhere, not to a helper" {
	for strategy in $direct; do
		status=0
		"$command" exec -s "$strategy" -- ./absent >out 2>&- <&- ||
			status=$?
		[ $status -eq 127 ]
		check 0 "$command" exec -s "$strategy" -n 0 -- true 2>&- <&- >&-
	done
}

@test "blocked signals do not keep a run from ending" {
	env --block-signal=INT,TERM,TSTP --default-signal=INT,TERM setsid \
		"$command" run --out run --heap 0 --strategy fork,vfork \
		--parents 1000 >out 2>err 3>&- 9>&- &
	runner=$!
	within 10 has_samples
	kill -TERM "$runner"
	end_run 130
	run_files run
}

@test "any umask: a run can read its own files" {
	users_can_run
	chmod 777 .
	: >out >err # or only root could write to them again
	(umask 0777 && check 0 as_user "$command" run "${few[@]}" --heap 0 \
		--strategy null,vfork --out run)
	check 0 as_user "$command" choose --heap 0 --data run
	check 0 as_user "$command" plot run
}

@test "a folder that is gone: what needs none works" {
	mkdir gone
	cd gone
	rmdir "$scratch/gone"
	"$command" run "${few[@]}" --heap 0 --strategy vfork --out "$scratch/run" \
		>"$scratch/out" 2>"$scratch/err"
	status=0
	"$command" run "${few[@]}" --heap 0 --strategy vfork >"$scratch/out" \
		2>"$scratch/err" || status=$?
	[ $status -eq 1 ]
	says "$scratch/err" "spawnwise: cannot write to ./spawnwise-"
	says "$scratch/err" "Use --out DIR to write elsewhere."
	"$command" exec -s vfork -- true
	"$command" doctor >"$scratch/out"
	"$command" plot "$scratch/run" 2>"$scratch/err"
	cd "$scratch"
	run_files run
}

# start_exec STRATEGY SCRIPT: in the background; the script tells its pid in ./child.
start_exec() {
	rm -f child
	env --default-signal=INT,QUIT,TERM,HUP "$command" exec -s "$1" -- \
		sh -c "$2" 3>&- 9>&- >out 2>err &
	runner=$!
	within 10 test -s child
}

@test "exec passes a signal on to its command, and ends as it ends" {
	for strategy in $direct; do
		start_exec "$strategy" 'echo $$ >child; exec sleep 100'
		pid=$(cat child)
		kill "$runner"
		end_run 143
		within 2 not_alive "$pid"
		start_exec "$strategy" 'trap "exit 9" USR1; echo $$ >child
			while :; do sleep 0.01; done'
		kill -USR1 "$runner"
		end_run 9
	done
}
not_alive() { ! kill -0 "$1" 2>/dev/null; }

@test "run takes the command that it tries with it" {
	env --default-signal=TERM "$command" run --quick --heap 0 --out run \
		-- sh -c 'echo $$ >child; exec sleep 100' 3>&- 9>&- >out 2>err &
	runner=$!
	within 10 test -s child
	kill "$runner"
	end_run 143
	within 5 not_alive "$(cat child)"
	: >no_program
	chmod 755 no_program
	refused 2 "measure spawns of ./no_program: Exec format error" \
		"Only a command" run --quick --heap 0 --out run -- ./no_program
}

@test "exec waits for a command that outlives a signal" {
	start_exec vfork 'trap "echo heard >heard" TERM; echo $$ >child
		until [ -e heard ]; do sleep 0.01; done; exit 4'
	kill "$runner"
	end_run 4
	[ -e heard ]
}

@test "exec between two commands: a signal ends it" {
	env --default-signal=TERM "$command" exec -s vfork --count 100000000 \
		-- true 3>&- 9>&- >out 2>err &
	runner=$!
	within 10 group_of_exec
	kill "$runner"
	status=0
	wait "$runner" || status=$?
	[ $status -eq 143 ] || [ $status -eq 0 ]
}
group_of_exec() { [ "$(cat "/proc/$runner/comm")" = spawnwise ]; }
