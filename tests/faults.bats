#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What goes wrong around a run: signals, deaths, limits, full disks. Nothing
# measured is lost, no process stays, the kernel's setting is back.

load helpers

setup() {
	prepare
}

teardown() {
	finish
}

# A run that lasts until something happens to it, in a mode not its own.
start_long_run() {
	start_run --heap 0 --strategy fork,vfork,broker --parents 1000 \
		--overcommit 1 "$@"
	within 10 has_samples
}

# One that ends by itself after a second or so.
start_short_run() {
	start_run --heap 0 --strategy fork,vfork,broker --parents 10 \
		--overcommit 1 "$@"
	within 10 has_samples
}

# One whose processes live long enough to be hit.
start_run_of_long_parents() {
	start_run --heap 0 --parents 6 --overcommit 0,1 \
		--strategy fork,broker
	within 10 has_samples
}

is_gone() { [ ! -e "/proc/$1" ]; }
is_stopped() { [ "$(sed 's/.*) //; s/ .*//' "/proc/$1/stat")" = T ]; }

has_kept_samples() { rows run samples warmup | grep -qx 0; }
has_error() { grep -q ",$1,none," run/samples.csv; }
has_no_reference() { grep -q ',,,none,' run/samples.csv; }

# kill_until CONDITION... kill_* NAME: one that is hit at its very end leaves
# no trace, so hit the next.
kill_until() {
	local condition=()
	while [[ $1 != kill_* ]]; do
		condition+=("$1")
		shift
	done
	hit() {
		"$@" || return 1
		within 5 is_gone "$child"
		pause 0.02
		"${condition[@]}"
	}
	within 5 hit "$@"
}

# interrupted NAME: what every interrupted run leaves.
interrupted() {
	end_run 130
	says err "spawnwise: cannot finish run "
	says err ": $1"
	says err "What was measured until then is kept."
	run_files run
	[ "$(host run interrupted)" = True ]
	within 1 has_mode "${original:-0}"
	within 2 no_process 'spawnwise*'
}

@test "^C to the runner ends the run and keeps what it measured" {
	start_long_run
	within 10 has_kept_samples
	kill -INT "$runner"
	interrupted Interrupt
	has_kept_samples
	[ -z "$(ls -A "$SPAWNWISE_STATE_DIR")" ]
}

@test "^C to the group, twice, does the same" {
	start_long_run
	kill -INT -- "-$runner"
	kill -INT -- "-$runner"
	interrupted Interrupt
}

@test "SIGTERM, SIGHUP and SIGQUIT end a run in the same way" {
	start_long_run
	kill -TERM "$runner"
	interrupted Terminated
	rm -r run
	start_long_run
	kill -QUIT -- "-$runner"
	interrupted Quit
	rm -r run
	start_long_run
	kill -HUP -- "-$runner"
	interrupted Hangup
}

@test "^C while the heap grows ends the run" {
	start_run --heap 256M --strategy vfork --parents 1000
	within 10 child_of "$runner" spawnwise-par
	kill -INT "$runner"
	end_run 130
	run_files run
	within 10 no_process 'spawnwise*'
}

@test "a signal that was ignored from the start stays ignored" {
	env --ignore-signal=HUP,INT setsid "$command" run --out run --heap 0 \
		--strategy fork,vfork --parents 10 >out 2>err 3>&- 9>&- &
	runner=$!
	within 10 has_samples
	kill -HUP "$runner"
	kill -INT "$runner"
	end_run 0
	run_files run
	[ "$(host run interrupted)" = False ]
}

# stop_and_go: ^Z, and fg after a look at what is left meanwhile.
stop_and_go() {
	kill -TSTP "$runner" || return 0
	within 2 is_stopped "$runner"
	has_mode "${original:-0}"
	pause 0.1
	has_mode "${original:-0}"
	for parent in $(processes spawnwise-par); do
		is_stopped "$parent"
	done
	kill -CONT "$runner"
}

@test "^Z gives the setting back, and fg goes on to a good end" {
	start_short_run
	for _ in 1 2 3 4 5; do
		stop_and_go
		pause 0.02
	done
	end_run 0
	run_files run
	[ "$(host run blocks_disturbed)" -ge 1 ]
	says err "blocks were suspended or had their overcommit mode changed"
	has_mode 0
	# A block that was suspended is flagged as a whole.
	python3 - <<-'PYTHON'
	import csv, collections
	blocks = collections.defaultdict(list)
	for row in csv.DictReader(open("run/samples.csv")):
	    blocks[row["parent"], row["block"]].append(row["warmup"])
	assert sum(len(set(w)) == 1 for w in blocks.values()) >= 1
	PYTHON
}

@test "^Z gives the kernel's own setting back" {
	use_real_setting
	start_short_run
	for _ in 1 2 3; do
		stop_and_go
	done
	end_run 0
	run_files run
	has_mode "$original"
}

@test "a runner that is stopped the hard way loses its lease" {
	start_long_run
	stop_in_window "$runner"
	within 5 has_mode 0
	kill -CONT "$runner"
	kill -INT "$runner"
	interrupted Interrupt
}

@test "a parent that is killed is a recorded cell, not a dead run" {
	start_run_of_long_parents
	kill_until has_error EOWNERDEAD kill_child spawnwise-par
	end_run 3
	run_files run
	[ "$(host run parents_died)" -ge 1 ]
	[ "$(rows run samples errno | grep -c EOWNERDEAD)" -eq \
		"$(host run parents_died)" ]
	rows run reap errnos | grep -q '^EOWNERDEAD:'
	says err "of the processes under test died"
	[ "$(rows run samples parent | sort -nu | tail -n 1)" -eq 5 ]
	has_mode 0
}

@test "a reference that is killed leaves a process without ratios" {
	start_run_of_long_parents
	kill_until has_no_reference kill_child spawnwise-ref
	end_run 0
	run_files run
	# In each of 6 processes each of 4 cells has samples, and none failed. A
	# block whose mode did not last may be flagged.
	[ "$(rows run samples parent cell_id errno | sort -u | grep -c ' -$')" -eq 24 ]
	rows run reap failed | diff <(sort -u) <(echo 0)
	rows run samples ref_ns | grep -qx -- -
	rows run samples ref_ns | grep -qx '[0-9]*'
}

@test "a helper of a strategy that is killed is an error in its cell" {
	start_run_of_long_parents
	kill_until has_error EPIPE kill_grandchild spawnwise-brokr
	end_run 0
	run_files run
	rows run reap strategy errnos | grep '^broker ' | grep -q EPIPE
}

@test "a runner that is killed takes its processes with it" {
	start_long_run
	kill -KILL "$runner"
	within 1 has_mode 0
	within 2 no_process 'spawnwise*'
	end_run 137
	for verb in 'choose --heap 0 --data run' 'plot run'; do
		refused 1 "read run run: it has no cells.csv: the run was killed" \
			"spawnwise summarise run" $verb
	done
	check 0 "$command" run "${few[@]}" --heap 0 --strategy null --out next \
		--overcommit 1
	has_mode 0
}

# kill_groups N: SIGKILL to the whole group at N random moments.
kill_groups() {
	local i
	for ((i = 0; i < $1; i++)); do
		rm -rf run
		start_run --heap 0,16M --strategy fork,vfork,broker \
			--parents 1000 --overcommit 1
		pause "0.$(printf %03d $((RANDOM % 500)))"
		kill -KILL -- "-$runner"
		within 1 has_mode "${original:-0}"
		within 2 no_process 'spawnwise*'
		end_run 137
	done
	check 0 "$command" run "${few[@]}" --heap 0 --strategy null \
		--overcommit 1 --out next
	has_mode "${original:-0}"
}

@test "SIGKILL to the group at random moments: the setting is back" {
	if [ "$(id -u)" -eq 0 ]; then kill_groups 3; else kill_groups 10; fi
}

@test "SIGKILL to the group at random moments: so is the kernel's own" {
	use_real_setting
	kill_groups 10
}

@test "runner and guardian killed together: the next start repairs" {
	start_long_run
	guard=$(processes spawnwise-guard)
	[ -n "$guard" ]
	stop_in_window "$guard"
	kill -KILL "$runner" "$guard" # first who would put the mode back
	end_run 137
	has_mode 1
	check 0 "$command" run "${few[@]}" --heap 0 --strategy null --out next
	says err "An earlier run had left overcommit mode 1 behind: mode 0 is"
	has_mode 0
	[ "$(rows next reap overcommit)" = 0 ]
}

@test "a state file that was not written to its end is removed" {
	: >"$SPAWNWISE_STATE_DIR/state.next"
	check 0 "$command" run "${few[@]}" --heap 0 --strategy null --out run \
		--overcommit 1
	[ ! -e "$SPAWNWISE_STATE_DIR/state.next" ]
}

@test "a guardian that is killed ends the run, with the setting back" {
	start_long_run
	kill -KILL $(processes spawnwise-guard)
	end_run 1
	says err "The guardian was killed; the run itself has put back"
	says err "spawnwise: cannot go on with run "
	run_files run
	has_mode 0
	[ -z "$(ls -A "$SPAWNWISE_STATE_DIR")" ]
}

@test "a second run does not disturb the first" {
	start_long_run
	busy="another spawnwise run (pid $runner) is at work"
	for mode in 1 current; do
		refused 1 "run: $busy" "Wait for it to end" \
			run --heap 0 --overcommit $mode --out second
	done
	[ ! -e second ]
	check 0 "$command" run --dry-run --heap 0 --overcommit current
	says err "Only a plan: $busy. Wait for it to end, or end it"
	says out "overcommit mode is 0."
	if users_can_run_here; then
		check 1 as_user "$command" run --heap 0 --out second
		says err "cannot run: $busy"
	fi
	kill -INT "$runner"
	end_run 130
	check 0 "$command" run "${few[@]}" --heap 0 --strategy null --out second
}

@test "a closed or full stdout is an error, and the files are there" {
	status=0
	"$command" run "${few[@]}" --heap 0 --strategy null --out closed >&- \
		2>err || status=$?
	[ $status -eq 1 ]
	says err "spawnwise: cannot write standard output: "
	run_files closed
	status=0
	"$command" run "${few[@]}" --heap 0 --strategy null --out full >/dev/full \
		2>err || status=$?
	[ $status -eq 1 ]
	says err "cannot write standard output: No space left on device"
	run_files full
}

@test "closed standard descriptors do not end up in a run's files" {
	"$command" run "${few[@]}" --heap 0 --strategy null,vfork --out one \
		>out 2>&-
	run_files one
	"$command" run "${few[@]}" --heap 0 --strategy null,vfork,broker \
		--out two >out 2>err <&-
	run_files two
	[ "$(rows two reap failed | sort -u)" = 0 ]
	[ -z "$(rows two samples strategy start_ns | grep -v '^null' |
		grep -- '-$')" ]
	"$command" run "${few[@]}" --heap 0 --strategy null,vfork --out three \
		>&- 2>&- <&- || true
	run_files three
}

@test "a reader that went away loses nothing" {
	"$command" run "${few[@]}" --heap 0 --strategy null --out run 2>err |
		true
	run_files run
}

@test "without gnuplot a run works and says what to install" {
	check 0 env PATH=/nowhere "$command" run "${few[@]}" --heap 0 \
		--strategy vfork --out run
	says err "gnuplot"
	run_files run
}

@test "few descriptors: every limit has a defined end" {
	for limit in 5 6 7 8 9 10 11 12 13 14 16 18 20; do
		rm -rf run
		status=0
		(
			ulimit -n $limit
			exec "$command" run "${few[@]}" --heap 0 --out run \
				--strategy fork,broker
		) >out 2>err || status=$?
		case $status in
		0 | 3) run_files run ;;
		1 | 2) says err "spawnwise: cannot " ;;
		127) says err "error while loading shared libraries" ;;
		*) echo "$limit: $status"; cat err; return 1 ;;
		esac
	done
	[ $status -eq 0 ]
	[ "$(rows run reap failed | sort -u)" = 0 ]
}

@test "few processes: refused spawns are recorded" {
	users_can_run
	user=$(as_user id -u)
	chmod 777 .
	for more in 1 2 3 4; do
		rm -rf run
		count=$(ps -L -o lwp= -u "$user" | wc -l)
		status=0
		as_user sh -c 'ulimit -p "$1" 2>/dev/null || ulimit -u "$1"
			shift; exec "$@"' sh $((count + more)) "$command" run \
			"${few[@]}" --heap 0 --strategy fork,vfork --out run \
			>out 2>err || status=$?
		case $status in
		0 | 3) run_files run ;;
		1) says err "spawnwise: cannot " ;;
		*) echo "$more: $status"; cat err; return 1 ;;
		esac
	done
}

# in_namespace SCRIPT: as root, with mounts that end with it.
in_namespace() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	unshare -m true 2>/dev/null || skip "needs mount namespaces"
	unshare -m sh -ec "$1" sh "$command" "$top"
}

@test "a /proc/sys that is read-only: the current mode only" {
	unset SPAWNWISE_KNOB
	keep_setting -x
	no_other_run
	mode=$(cat /proc/sys/vm/overcommit_memory)
	other=$(((mode + 1) % 2))
	lock='mount --bind /proc/sys /proc/sys
		mount -o remount,bind,ro /proc/sys'
	check 1 in_namespace "$lock; exec \$1 run --heap 0 --overcommit $other"
	says err "is not writable for this user"
	says err "/proc/sys is read-only here: run where it can be written, or"
	says err "or use --overcommit current"
	check 0 in_namespace "$lock; exec \$1 run -q --parents 6 --heap 0 \
		--strategy null --overcommit all --out run"
	says err "Measuring overcommit mode $mode only"
	says err "/proc/sys is read-only here: run where it can be written."
	run_files run
	check 1 in_namespace "$lock; exec \$1 lab promise --overcommit $other"
	says err "/proc/sys is read-only here: run where it can be written, or"
	check 0 in_namespace "$lock; exec \$1 doctor"
	says out "current only. /proc/sys is read-only here: run where it can"
	[ -z "$(grep -i "run as root" out)" ]
}

@test "a /proc that is read-only: a lab says which file it cannot write" {
	for lab in promise touch oom victim frontier oracle; do
		check 1 in_namespace "mount --bind /proc /proc
			mount -o remount,bind,ro /proc
			exec \$1 lab $lab --out lab" || return 1
		says err "write to /proc/self/oom_score_adj: Read-only file system"
		says err "Run where /proc can be written"
		[ ! -e lab ]
	done
}

@test "a read-only data folder names the cure" {
	check 1 in_namespace 'mount --bind "$2" "$2"
		mount -o remount,bind,ro "$2"
		cd "$2"; exec "$1" run -q --parents 6 --heap 0 --strategy null'
	says err "spawnwise: cannot write to $top/data/runs"
	says err "Read-only file system"
	says err "Use --out DIR to write elsewhere."
}

@test "a full disk ends the run with an error" {
	mkdir small
	# Whichever of its files meets the end.
	for kib in 56 60 64; do
		check 1 in_namespace "mount -t tmpfs -o size=${kib}k small small
			exec \"\$1\" run --heap 0 --strategy fork,vfork --out small/run"
		says err "No space left on device"
		within 2 no_process 'spawnwise*'
	done
}
