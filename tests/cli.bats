#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The command line: what each verb prints, where, and how it exits.
# SPAWNWISE names the binary; without it the one in build/ is tested.

load helpers

setup() {
	prepare
	data=$top/tests/data/choose
	escape=$(printf '\033')
}

teardown() {
	finish
}

# borrow ORIGINAL OURS: the lock and the state file of a run at work, which is
# this test.
borrow() {
	exec 8<"$SPAWNWISE_KNOB"
	flock 8
	printf 'boot_id %s\npid %d\nstart_ticks %d\noriginal %d\nours %d\n' \
		"$(cat /proc/sys/kernel/random/boot_id)" $$ \
		"$(sed 's/.*) //' /proc/$$/stat | cut -d ' ' -f 20)" \
		"$1" "$2" >"$SPAWNWISE_STATE_DIR/state"
	echo "$2" >"$SPAWNWISE_KNOB"
}

# leave_behind ORIGINAL OURS [BOOT_ID]: the state file of a killed run. No
# process has start time 1 and that pid.
leave_behind() {
	local boot_id=${3:-$(cat /proc/sys/kernel/random/boot_id)}
	printf 'boot_id %s\npid 4194304\nstart_ticks 1\noriginal %d\nours %d\n' \
		"$boot_id" "$1" "$2" >"$SPAWNWISE_STATE_DIR/state"
}

verbs="list run plot compare choose lab doctor exec with watch summarise restore"

@test "--help and help list every verb" {
	for arguments in --help -h help; do
		check 0 "$command" "$arguments"
		for verb in $verbs; do
			grep -q "^  $verb " out
		done
		[ ! -s err ]
	done
}

@test "without a verb the overview goes to stderr" {
	check 2 "$command"
	grep -q '^usage: spawnwise VERB' err
	[ ! -s out ]
}

@test "--version prints name and version" {
	check 0 "$command" --version
	grep -Eq '^spawnwise [0-9]+\.[0-9]+\.[0-9]+' out
}

@test "every verb explains itself in 80 columns" {
	for verb in $verbs; do
		check 0 "$command" "$verb" --help
		grep -q "^usage: spawnwise $verb" out
		grep -q '^Options:' out
		grep -q '^Examples:' out
		awk -v verb="$verb" 'length > 80 { print verb ": " $0; bad = 1 }
			END { exit bad }' out
		mv out first
		check 0 "$command" help "$verb"
		cmp out first
	done
}

@test "the man page's options come from the same table" {
	check 0 "$command" help --scdoc
	for verb in $verbs; do
		grep -q "^## spawnwise $verb" out
	done
	if command -v scdoc >/dev/null; then
		{ printf 'spawnwise(1)\n\n# VERBS\n\n'; cat out; } >page
		scdoc <page >page.1
	fi
}

# VERB -LETTER --NAME of every option of every verb, as the man page has them;
# "-" for no letter.
options_of_all() {
	"$command" help --scdoc | sed -nE -e 's/^## spawnwise (.*)/\1/;T option;h;b' \
		-e ':option' -e 's/^\*(-(.)\*, \*)?--([a-z-]+)\*.*/-\2 --\3/;T' \
		-e 'G;s/(.*)\n(.*)/\2 \1/p'
}

@test "no letter has two meanings, and no option two letters" {
	options_of_all >options
	[ "$(wc -l <options)" -gt 30 ]
	awk '$2 != "-" && name[$2] && name[$2] != $3 {
			print $1 ": " $2 " is " $3 " and " name[$2]; bad = 1 }
		letter[$3] && letter[$3] != $2 {
			print $1 ": " $3 " is " $2 " and " letter[$3]; bad = 1 }
		{ name[$2] = $3; letter[$3] = $2 } END { exit bad }' options
}

@test "every option stands in --help, and nothing else does" {
	options_of_all >options
	for verb in $verbs; do
		"$command" "$verb" --help >"$verb"
		sed -nE 's/^ {2,6}(-., )?(--[a-z-]+).*/\2/p' "$verb" |
			grep -v -- --help | sort >help || true
		awk -v verb="$verb" '$1 == verb { print $3 }' options | sort |
			diff help -
	done
	while read -r verb letter name; do
		words="  $letter, $name"
		[ "$letter" != - ] || words="      $name"
		grep -q -- "^$words\b" "$verb" || { echo "$verb $name"; return 1; }
		"$command" "$verb" "$name=1" --help >out 2>err ||
			says err "read option '$name=1': it takes no value"
	done <options
}

@test "every option stands in the man page" {
	command -v scdoc >/dev/null || skip "there is no scdoc"
	options_of_all >options
	"$command" help --scdoc | sed -e '/^; The Makefile puts here/{r /dev/stdin' \
		-e 'd}' "$top/docs/spawnwise.1.scd" | scdoc | tr -d '\\' >page
	awk 'NR == FNR { lacking[$1, $3]; next }
		/^\.SS/ { verb = $0; sub(/^\.SS spawnwise /, "", verb) }
		{ for (option in lacking) {
			split(option, part, SUBSEP)
			if (part[1] == verb && index($0, "fB" part[2] "fR"))
				delete lacking[option]
		} }
		END { for (option in lacking) { print option; bad = 1 }
			exit bad }' options page
}

@test "an unknown verb gets the nearest one" {
	refused 2 "run verb 'lst': there is none of that name" \
		"Did you mean 'list'?" lst
	refused 2 "run verb 'frobnicate'" "--help" frobnicate
	refused 2 "run verb 'rstore'" "Did you mean 'restore'?" help rstore
}

@test "a wrong option names the cure" {
	refused 2 "read option '--jsno'" "Did you mean '--json'?" list --jsno
	refused 2 "read option '-z'" "list --help" list -z
	refused 2 "read option '--heap': its value is missing" "choose --help" \
		choose --heap
	refused 2 "read option '--json=1': it takes no value" "list --help" \
		list --json=1
	refused 2 "read 'here': list takes no such operand" "list --help" \
		list here
	refused 2 "read 'b': plot takes no such operand" "plot --help" \
		plot a b
}

@test "a full disk is an error" {
	[ -w /dev/full ] || skip "there is no /dev/full here"
	status=0
	"$command" list >/dev/full 2>err || status=$?
	[ "$status" -eq 1 ]
	grep -q '^spawnwise: cannot ' err
}

@test "list shows every strategy and what works here" {
	check 0 "$command" list
	for path in "$top"/strategies/*; do
		grep -q "^$(basename "$path" .c) " out
	done
	grep -Eq '^ +(supported here|not available: )' out
	if grep -q "$escape" out; then return 1; fi
}

@test "list --csv has a header and a row a strategy" {
	check 0 "$command" list --csv
	[ "$(head -n 1 out)" = name,supported,reason,traits,summary,honours,attested,contradiction ]
	for path in "$top"/strategies/*; do
		grep -Eq "^$(basename "$path" .c),(yes,|no,E[A-Z]+)," out
	done
}

@test "list --json is JSON" {
	check 0 "$command" list --json
	python3 -c 'import json
names = [s["name"] for s in json.load(open("out"))]
assert names and names == sorted(names), names'
}

@test "list says what was attested, in 80 columns" {
	check 0 "$command" list
	awk 'length > 80 { print; bad = 1 } END { exit bad }' out
	grep -Eq '^ +(attested: |not attested: )' out
	if grep -q CONTRADICTION out; then return 1; fi
	check 0 "$command" list --json
	python3 - <<-'PYTHON'
	import json
	for s in json.load(open("out")):
	    seen = s["attested"]
	    assert seen["contradiction"] is None, s
	    if seen["unseen"] or seen["refused"]:
	        assert seen["call"] is None, s
	        continue
	    if "creates_nothing" in s["traits"]:
	        assert seen["call"] is None and seen["by"] is None, s
	        continue
	    assert seen["call"].endswith(")"), s
	    assert seen["by"] in ("caller", "helper"), s
	    for word in "shares_memory", "suspends_caller":
	        assert seen[word] == (word in s["traits"]), s
	PYTHON
}

@test "list tells what a seccomp filter refuses, and what is taken instead" {
	calls_can_be_refused
	check 0 refusing 1 vfork clone_vm clone3 -- "$command" list
	grep -A 1 '^vfork ' out | grep -q 'not available: Operation not permitted'
	grep -A 1 '^clone_vm ' out | grep -q 'not available: Operation not'
	grep -A 1 '^system ' out | grep -q 'not available: Operation not'
	grep -A 1 '^fork ' out | grep -q 'supported here'
	check 0 refusing 38 clone3 -- "$command" list
	grep -A 2 '^clone_vm ' out | grep -q 'attested: clone(CLONE_VM|'
	check 0 refusing 38 seccomp -- "$command" list
	grep -A 2 '^vfork ' out | grep -q 'not attested: Function not impl'
}

@test "colour is for terminals, and for those who want it" {
	command -v script >/dev/null || skip "script(1) is not installed"
	check 0 env TERM=xterm script -qec "$command_word list" /dev/null
	grep -q "$escape" out
	check 0 env TERM=xterm NO_COLOR=1 script -qec "$command_word list" /dev/null
	if grep -q "$escape" out; then return 1; fi
	check 0 env TERM=dumb script -qec "$command_word list" /dev/null
	if grep -q "$escape" out; then return 1; fi
}

@test "choose prints one word, and why on stderr" {
	check 0 "$command" choose --heap 1G --overcommit 0 --data "$data"
	[ "$(cat out)" = clone_vm ]
	grep -q '^By run 20261120T211900Z-4711 in ' err
	grep -q 'clone_vm: asks least' err
	grep -q ' null: it creates nothing' err
}

@test "choose --policy fast takes the lowest median" {
	check 0 "$command" choose --heap 0 --overcommit 0 --policy fast \
		--data "$data"
	[ "$(cat out)" = vfork ]
}

@test "choose never takes what was refused" {
	only 'strategy|fork'
	check 0 "$command" choose --heap 8G --overcommit 0 --data "$PWD/only"
	[ "$(cat out)" = fork ]
	refused 1 "choose a strategy: no strategy is known to work at 8G" \
		"spawnwise run" \
		choose --heap 8G --overcommit 2 --data "$PWD/only"
	grep -q 'fork: .*ENOMEM' err
}

@test "choose never takes what creates nothing" {
	only 'strategy|null'
	refused 1 "choose a strategy: no strategy" "spawnwise run" \
		choose --heap 0 --overcommit 0 --data "$PWD/only"
}

# only WORDS: a run in ./only with the rows of these strategies.
only() {
	mkdir only
	grep -E "^[^,]*,[^,]*,[^,]*,($1)," "$data/cells.csv" >only/cells.csv
}

@test "choose takes the newest run when none is named" {
	mkdir -p data/latest spawnwise-older deep/er
	cp "$data/cells.csv" data/latest/
	cp "$data/cells.csv" spawnwise-older/
	touch -d '2001-01-01' spawnwise-older/cells.csv
	check 0 "$command" choose --heap 1G --overcommit 0
	grep -qF "in $(pwd -P)/data/latest:" err
	cd deep/er
	check 0 "$command" choose --heap 1G --overcommit 0
	grep -qF '/data/latest:' err
}

@test "choose without any run says how to get one" {
	[ ! -e "$top/data/latest" ] || skip "this checkout has a run"
	refused 1 "find a run: there is none here" "spawnwise run --quick" \
		choose --heap 1G
	refused 1 "find a run: there is none here" "spawnwise run --quick" plot
}

@test "choose refuses what it cannot read" {
	refused 2 "choose a strategy: --heap is missing" "--heap 4G" choose
	for size in 1X -1 '1 G' 1.5 '' 0x10; do
		refused 2 "read size '$size'" "--heap 4G" choose --heap "$size"
	done
	refused 2 "read size '17179869184G': it is larger than 16 EiB" \
		"--heap 4G" choose --heap 17179869184G
	refused 2 "read overcommit mode '3'" "current, 0, 1 or 2" \
		choose --heap 1G --overcommit 3
	refused 2 "read policy 'lucky'" "safe or fast" \
		choose --heap 1G --policy lucky
	refused 2 "read run ./nowhere: cells.csv: No such file" "--data" \
		choose --heap 1G --data ./nowhere
	mkdir broken
	echo nonsense >broken/cells.csv
	refused 2 "read run broken: cells.csv: " "--data" choose --heap 1G --data broken
}

@test "choose reads the current mode" {
	echo 2 >"$SPAWNWISE_KNOB"
	check 0 "$command" choose --heap 8G --data "$data"
	grep -q 'fork: predicted to fail with ENOMEM at 8G in mode 2' err
	echo nonsense >"$SPAWNWISE_KNOB"
	refused 1 "read $SPAWNWISE_KNOB" "--overcommit 0, 1 or 2" \
		choose --heap 8G --data "$data"
}

@test "the mode that a run has set for a moment is not the user's" {
	borrow 0 2
	check 0 "$command" choose --heap 8G --data "$data"
	says err "A run at work has set overcommit mode 2 for a moment; mode 0"
	if grep -q 'in mode 2' err; then return 1; fi
	check 0 "$command" doctor
	says out "mode 0 (heuristic)"
	says out "a run at work has set mode 2 for a moment"
	check 0 "$command" run --dry-run --heap 0
	says out "Changes no kernel setting; overcommit mode is 0."
	echo 1 >"$SPAWNWISE_KNOB"
	check 0 "$command" doctor
	says out "mode 1 (always)"
}

@test "neither is the one that a killed run left behind" {
	leave_behind 0 2
	echo 2 >"$SPAWNWISE_KNOB"
	check 0 "$command" choose --heap 8G --data "$data"
	says err "A killed run has left overcommit mode 2 behind; mode 0"
	says err 'sudo spawnwise restore'
	check 0 "$command" doctor
	says out "mode 0 (heuristic)"
	says out "a killed run has left mode 2 behind"
	says out 'sudo spawnwise restore'
	leave_behind 0 2 00000000-0000-0000-0000-000000000000
	check 0 "$command" doctor
	says out "mode 2 (strict)"
}

@test "doctor tells what can be measured" {
	check 0 "$command" doctor
	for subject in strategies overcommit memory CPUs 'huge pages' gnuplot \
		hyperfine disturbances; do
		grep -q "^$subject  " out
	done
	grep -q 'mode 0 (heuristic)' out
	grep -q 'CommitLimit .* left for mode 2' out
	grep -q 'mode 2 would grant this user' out
	grep -Eq '^memory +[0-9.]+ [MGT]iB of RAM, .* available$' out
	grep -q 'of swap, .* free$\|no swap: ' out
	grep -Eq '^cgroup +(version [12]|none that counts memory)' out
	[ ! -s err ]
}

@test "doctor says what the overcommit mode means here" {
	check 0 "$command" doctor
	says out "here: one mapping of up to "
	says out "the OOM killer kills"
	echo 1 >"$SPAWNWISE_KNOB"
	check 0 "$command" doctor
	says out "here: a mapping of any size"
	echo 2 >"$SPAWNWISE_KNOB"
	check 0 "$command" doctor
	says out "here: ENOMEM when all programs together were promised "
	says out "mode 2 (now)"
}

@test "doctor says what spawning from a large program would ask" {
	keep_setting -x # lab promise leaves nothing for mode 2, for a moment
	room_in_mode_2
	check 0 "$command" doctor
	grep -q '^spawning .* again: .*fork' out
	grep -q '^ *asking for a stack of some 36 KiB: .*posix_spawn' out
	grep -q '^ *asking for none of it: .*vfork' out
	grep -q '^ *heap  *mode 0 (now)  *mode 1  *mode 2$' out
	grep -q '(2 RAM)' out
	check 0 "$command" doctor --heap 1M,100T
	grep -Eq '^ *1 MiB +works +works +works$' out
	# No mode makes addresses: mmap(2) finds no such gap.
	grep -Eq '^ *100 TiB +heap refused +heap refused +heap refused$' out
	refused 2 "read heap '1x' of '1M,1x': it is not a size" "1G,16G" \
		doctor --heap 1M,1x
	refused 2 "read heap '1M' of '1M,1M': it stands there twice" \
		"each once" doctor --heap 1M,1M
	refused 2 "read heap '1024K' of '1M,1024K': it stands there twice" \
		"each once" doctor --heap 1M,1024K
	refused 2 "read heap '' of ''" "1G,16G" doctor --heap ''
}

@test "doctor --pid looks at a running program" {
	# 64 MiB that count, 32 that are not copied, one mapping each.
	python3 - 3>&- 9>&- <<-'PYTHON' &
	import mmap, sys, time
	heap = mmap.mmap(-1, 64 << 20, flags=mmap.MAP_PRIVATE)
	rest = mmap.mmap(-1, 32 << 20, flags=mmap.MAP_PRIVATE)
	rest.madvise(mmap.MADV_DONTFORK)
	print("here", file=open("ready", "w"))
	time.sleep(100)
	PYTHON
	runner=$!
	within 10 grep -qs . ready
	check 0 "$command" doctor --pid $runner
	grep -q "^process  *python3 (pid $runner): .* of address space in" out
	grep -Eq 'accountable and copied: [67][0-9.]* MiB, the largest mapping 6[4-9]' out
	says out "a copy of its page tables takes up to "
	grep -Eq '^ *strategy +asks for +mode 0 \(now\) +mode 1 +mode 2$' out
	grep -Eq '^ *fork +[67][0-9.]* MiB +works +works' out
	grep -Eq '^ *vfork +0 B +works +works +works$' out
	grep -Eq '^ *posix_spawn +36 KiB +works +works' out
	if grep -q '^spawning' out; then return 1; fi
	check 0 "$command" doctor --pid $runner --json
	keys_are_documented out "## doctor --json"
	python3 - <<-'PYTHON'
	import json
	found = json.load(open("out"))["process"]
	assert 64 << 20 <= found["largest_vma_bytes"] < 80 << 20, found
	assert 64 << 20 < found["accountable_bytes"] < 96 << 20, found
	spawn = {s["name"]: s for s in found["strategies"]}
	assert spawn["fork"]["commit_bytes"] == found["accountable_bytes"]
	assert spawn["vfork"]["spawn"] == ["ok"] * 3
	assert spawn["vfork"]["commit_bytes"] == 0 and "null" not in spawn
	assert spawn["vfork"]["asked_bytes"] == 0
	assert spawn["posix_spawn"]["asked_bytes"] == 36 << 10
	PYTHON
	refused 1 "look at process 4194304: there is none" "pgrep" \
		doctor --pid 4194304
	refused 2 "read pid 'x'" "pgrep" doctor --pid x
	[ "$(id -u)" -eq 0 ] && users_can_run_here || return 0
	check 1 as_user "$command" doctor --pid $runner
	says err "cannot read the mappings of process $runner"
	says err "Run as root"
	# Newer kernels let in CAP_PERFMON too, and CAP_SYS_ADMIN for it.
	local less=-sys_ptrace,-perfmon,-sys_admin
	less="--bounding-set $less --inh-caps $less"
	setpriv $less true 2>/dev/null || return 0
	check 1 setpriv $less "$command" doctor --pid $runner
	says err "CAP_SYS_PTRACE, which this root has not"
}

@test "doctor knows the limits of its own address space" {
	addresses_can_be_few
	(ulimit -v 2000000 && check 0 "$command" doctor --heap 1M,4G)
	grep -Eq '^ *1 MiB +works +works ' out
	grep -Eq '^ *4 GiB +heap refused +heap refused +heap refused$' out
	(ulimit -d 2000000 && check 0 "$command" doctor --heap 1M,4G)
	grep -Eq '^ *4 GiB +heap refused +heap refused +heap refused$' out
}

@test "doctor names what is missing" {
	if [ "$(id -u)" -ne 0 ]; then
		chmod 444 "$SPAWNWISE_KNOB"
		check 0 "$command" doctor
		grep -q -- '--overcommit current only. Run as root' out
	fi
	rm -f "$SPAWNWISE_KNOB"
	check 0 env PATH="$scratch" "$command" doctor
	grep -q 'the mode is unknown: No such file' out
	grep -q 'missing: no charts; install gnuplot-nox' out
	grep -q 'missing: no .make crosscheck.; install hyperfine' out
	check 0 taskset -c "$(taskset -cp $$ | sed 's/.*[^0-9]//')" \
		"$command" doctor
	grep -q -- '--cpu split is not possible: ' out
}

# on_terminal COLUMNS COMMAND...: its output there, without colours, in out.
on_terminal() {
	command -v script >/dev/null || skip "script(1) is not installed"
	check 0 env TERM=dumb script -qec \
		"stty cols $1; $(printf '%q ' "${@:2}")" /dev/null
	tr -d '\r' <out >plain
	mv plain out
}

@test "doctor, list and help keep to the width of a terminal" {
	on_terminal 60 "$command" doctor
	# A path has no place to break at, and columns stand side by side.
	if grep -E '^.{61}' out | grep -v '[^ ]\{46\}\|heap refused'; then
		return 1
	fi
	grep -qx ' \{14\}[a-z].*' out
	on_terminal 60 "$command" list
	if grep -E '^.{61}' out | grep -v '[^ ]\{46\}'; then return 1; fi
	on_terminal 60 "$command" lab --help
	if grep -E '^.{61}' out; then return 1; fi
	on_terminal 0 "$command" doctor # it does not tell
	if grep -E '^.{81}' out | grep -v '^ *[^ ]*$\|heap refused'; then
		return 1
	fi
	on_terminal 200 "$command" doctor
	says out "0 (heuristic): refuses what alone exceeds RAM and swap"
}

@test "doctor --json is JSON" {
	check 0 "$command" doctor --json
	python3 -c 'import json
found = json.load(open("out"))
assert found["overcommit"] == 0
assert found["strategies"] and found["cpus"] >= 1
memory = found["memory"]
assert memory["ram_bytes"] > memory["available_bytes"] > 0
assert memory["commit_left_for_us_bytes"] <= memory["commit_left_bytes"]
assert [set(row) for row in found["heaps"]] == [
    {"heap_bytes", "beyond_cgroup", "heap", "spawn"}] * 5
assert found["heaps"][0]["spawn"][1] == "ok"
assert found["process"] is None and found["container"]
group = found["cgroup"]
assert group is None or group["version"] in (1, 2)'
	keys_are_documented out "## doctor --json"
}

@test "restore with nothing to do says so" {
	check 0 "$command" restore
	grep -q '^Nothing to restore: no run left' out
	rmdir "$SPAWNWISE_STATE_DIR"
	check 0 "$command" restore
	grep -q '^Nothing to restore: no run left' out
}

@test "restore puts back what a killed run left" {
	leave_behind 0 2
	echo 2 >"$SPAWNWISE_KNOB"
	check 0 "$command" restore
	[ "$(cat out)" = "Restored vm.overcommit_memory to 0; a killed run had left 2." ]
	[ "$(cat "$SPAWNWISE_KNOB")" = 0 ]
	check 0 "$command" restore
	grep -q '^Nothing to restore' out
}

@test "restore leaves a value that somebody else wrote" {
	leave_behind 0 2
	echo 1 >"$SPAWNWISE_KNOB"
	check 0 "$command" restore
	grep -q '^Left vm.overcommit_memory at 1: ' out
	[ "$(cat "$SPAWNWISE_KNOB")" = 1 ]
}

@test "restore knows when there is nothing left to put back" {
	leave_behind 0 2
	check 0 "$command" restore
	grep -q '^Nothing to restore: vm.overcommit_memory is 0 already' out
	leave_behind 0 2 00000000-0000-0000-0000-000000000000
	echo 2 >"$SPAWNWISE_KNOB"
	check 0 "$command" restore
	grep -q '^Nothing to restore: the machine was started anew' out
	[ "$(cat "$SPAWNWISE_KNOB")" = 2 ]
	echo nonsense >"$SPAWNWISE_STATE_DIR/state"
	check 0 "$command" restore
	grep -q '^Nothing restored: what a killed run wrote down' out
}

@test "restore without the right says who can" {
	[ "$(id -u)" -ne 0 ] || skip "root may write everything"
	leave_behind 0 2
	echo 2 >"$SPAWNWISE_KNOB"
	chmod 444 "$SPAWNWISE_KNOB"
	refused 1 "restore vm.overcommit_memory: Permission denied" \
		"sudo spawnwise restore" restore
}

@test "restore leaves a run alone that is at work" {
	leave_behind 0 2
	flock "$SPAWNWISE_KNOB" "$command" restore >out 2>err &&
		return 1
	busy='cannot restore vm.overcommit_memory: another spawnwise run'
	says err "$busy (pid "
	says err 'Wait for it to end, or end it with `kill '
	users_can_run
	exec 9<"$SPAWNWISE_KNOB"
	flock 9
	check 1 as_user "$command" restore
	exec 9>&-
	says err "$busy is at work"
}

@test "exec says when it runs nothing" {
	check 0 "$command" exec --strategy null -- false
	[ "$(cat err)" = "Ran nothing: null creates nothing." ]
	check 0 "$command" exec --strategy vfork --count 0 -- false
	[ "$(cat err)" = "Ran nothing: --count is 0." ]
	check 0 "$command" exec --strategy vfork -- true
	[ ! -s err ]
	refused 125 "exec: the name of the strategy is empty" \
		"Did \`spawnwise choose\` find none?" \
		exec --strategy "" -- true
	refused 125 "read size '99999999999G': it is larger than 16 EiB" \
		"64M, 1G" exec --strategy vfork --heap 99999999999G -- true
}

@test "plot refuses what it cannot read" {
	refused 2 "read run ./nowhere: cells.csv: No such file" "spawnwise run" plot ./nowhere
	refused 2 "plot for terminal 'vt52'" "--terminal dumb" \
		plot "$data" --terminal vt52
	refused 2 "create folder $PWD/no/such" "write to" \
		plot "$data" --out "$PWD/no/such"
}

@test "an error names the cure of its errno" {
	refused 2 "plot for terminal 'foo': it is not known" "--terminal dumb" \
		plot --terminal foo
	mkdir lab
	echo '{}' >lab/host.json
	refused 1 "plot lab: There is no chart for what it holds" ".csv files" \
		plot lab
	for chart in $(sed -n 's/^# reads: //p' "$top"/plots/*.gp | grep -v -e cells -e samples); do
		rm -f lab/*.csv
		grep -l "^# reads: $chart" "$top"/plots/*.gp |
			xargs grep -ho 'strcol("[a-z0-9_]*' | cut -d'"' -f2 |
			sort -u | paste -sd, >"lab/$chart"
		refused 1 "plot lab: $chart has no rows, so nothing is drawn" \
			".csv files" plot lab
	done
	[ -n "$chart" ]
	addresses_can_be_few
	check 1 bash -c 'ulimit -v 60000 && exec "$@"' - "$command" \
		lab oom --out here
	says err "Raise the limit of addresses (ulimit -v)."
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	unshare -m true 2>/dev/null || skip "needs mount namespaces"
	check 1 unshare -m sh -c 'umount -l /proc && exec "$@"' - "$command" \
		watch --pid $$
	says err "look at process $$: there is no /proc here"
	says err "Mount /proc."
	export SPAWNWISE_PLOTS=$scratch # no charts
	"$command" lab touch --out probe >/dev/null 2>&1 || skip "needs a group"
	check 1 bash -c 'exec 3>&- && ulimit -n 7 && exec "$@"' - "$command" \
		lab touch --out here
	says err "Raise the limit of open files (ulimit -n)."
}

@test "a limit of file sizes is an error, not a death without a word" {
	limited() (ulimit -f 1 && exec "$@")
	check 1 limited "$command" lab promise --out here --overcommit current
	says err "File too large"
	# It ends by the error, however late the rows come.
	check 1 limited timeout 60 "$command" watch --pid $$ --interval 10ms \
		--out rows.csv
	says err "File too large"
	# What we start is as it would be without us.
	check 0 limited "$command" exec --strategy vfork -- sh -c \
		'cat /proc/self/status; head -c 3000 /dev/zero >zeros || :'
	says out "SigCgt:	0000000000000000"
	check 0 env --ignore-signal=XFSZ "$command" exec --strategy vfork -- \
		grep SigIgn /proc/self/status
	[ $((0x$(cut -f 2 out) & 1 << 24)) -ne 0 ]
}
