#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# vm.overcommit_memory is the kernel's: runs in any containers exclude each
# other, nobody's window is taken for the user's mode, and a message that says
# "wait" names whom to wait for.

load ../helpers

setup() {
	prepare
}

teardown() {
	[ -z "${stopped:-}" ] || kill -CONT "$stopped" 2>/dev/null || true
	[ -z "${container:-}" ] || end_container
	finish
}

# A run that lasts, in windows of mode 1.
start_long_run() {
	start_run --heap 0 --strategy fork,null --parents 1000 \
		--overcommit 1
	within 10 has_samples
}

# start_container [MODE]: a run in a root of its own, on the kernel's own
# setting: its /run, PIDs, mounts, network and hosts are others.
start_container() {
	mkdir -p elsewhere
	unshare -m -p -f -n -i -u -C --mount-proc sh -c '
		mount --bind "$1" /run && shift && exec "$@"' sh elsewhere \
		"$command" run --heap 0 --strategy fork,null --parents 1000 \
		--overcommit "${1:-$((1 - original))}" --out run \
		>out 2>err 3>&- 9>&- &
	container=$!
	within 10 has_samples
	inner=$(pgrep -P "$container")
}

# Its first process takes the guardian with it; so that ends last.
end_container() {
	kill -TERM "$inner" 2>/dev/null || true
	wait "$container" || true
	container=
}

roots_can_be_made() {
	use_real_setting
	[ "$original" -lt 2 ] || skip "needs an overcommit mode of 0"
	unshare -m -p -f -n -i -u -C --mount-proc true 2>/dev/null ||
		skip "needs namespaces"
}

second_is_refused() {
	check 1 "$command" run "${few[@]}" --heap 0 --strategy null \
		--overcommit 1 --out second
	[ ! -e second ]
}

interrupted_by_term() {
	end_run 130
	within 1 has_mode 0
}

@test "two state folders on one setting: the second run is refused" {
	start_long_run
	mkdir other
	SPAWNWISE_STATE_DIR=$PWD/other second_is_refused
	says err "another spawnwise run (pid $runner) is at work"
	says err "end it with \`kill $runner\`"
	kill "$runner"
	interrupted_by_term
	[ -z "$(ls other)" ]
}

@test "a run in another container is seen from the host, and named" {
	roots_can_be_made
	start_container
	second_is_refused
	says err "another spawnwise run (pid $inner) is at work"
	end_container
	has_mode "$original"
}

@test "a run on the host is seen from a container, and no pid is made up" {
	roots_can_be_made
	start_run --heap 0 --strategy fork,null --parents 1000 \
		--overcommit $((1 - original))
	within 10 has_samples
	mkdir elsewhere
	status=0
	unshare -m -p -f --mount-proc sh -c '
		mount --bind elsewhere /run && shift && exec "$@"' sh "" \
		"$command" run "${few[@]}" --heap 0 --strategy null \
		--overcommit 1 --out second >out2 2>err2 || status=$?
	[ "$status" -eq 1 ]
	says err2 "another spawnwise run is at work, in another container"
	[ -z "$(grep 'pid ' err2)" ]
	kill "$runner"
	end_run 130
	has_mode "$original"
}

@test "a run that keeps the mode is alone, too, for any user" {
	echo 0 >"$SPAWNWISE_KNOB"
	start_run --heap 0 --strategy fork,null --parents 1000
	within 10 has_samples
	second_is_refused
	says err "another spawnwise run (pid $runner) is at work"
	check 1 "$command" lab promise --overcommit current
	says err "another spawnwise run (pid $runner) is at work"
	kill "$runner"
	end_run 130
}

@test "a run in a container that keeps the mode is seen by any user" {
	roots_can_be_made
	start_container current
	second_is_refused
	says err "another spawnwise run (pid $inner) is at work"
	check 1 as_user "$command" run "${few[@]}" --heap 0 --strategy null \
		--out second
	says err "another spawnwise run is at work, in another container or"
	end_container
	has_mode "$original"
}

# Its first process takes the guardian with it, its folder is gone: the kernel
# itself has kept what was to be put back.
@test "a container that is killed in a window is repaired from the host" {
	[ -r /proc/keys ] || skip "no keyrings here"
	roots_can_be_made
	start_container
	guard=$(pgrep -P "$inner" -x spawnwise-guard)
	stop_in_window "$guard"
	check 0 "$command" run --dry-run --heap 0
	says err "A run at work has set overcommit mode $((1 - original))"
	says out "overcommit mode is $original"
	kill -KILL "$inner"
	wait "$container" || true
	container=
	has_mode $((1 - original))
	rm -r elsewhere
	check 0 "$command" restore
	says out "Restored vm.overcommit_memory to $original"
	has_mode "$original"
}

# Either inode will do, and where there is neither nobody writes.
@test "one of the two kernel-wide locks is enough" {
	calls_can_be_refused
	roots_can_be_made
	start_container
	check 1 refusing 1 eventfd2 -- "$command" run "${few[@]}" --heap 0 \
		--strategy null --overcommit 1 --out second
	says err "another spawnwise run (pid $inner) is at work"
	check 1 unshare -m sh -c 'mount --bind elsewhere /proc/self/ns
		exec "$@"' sh "$command" run --quick --heap 0 \
		--strategy null --overcommit 1 --out second
	says err "another spawnwise run"
	end_container
	has_mode "$original"
}

@test "without a lock that containers share no other mode is set" {
	calls_can_be_refused
	status=0
	refusing 38 flock -- "$command" run "${few[@]}" --heap 0 --strategy null \
		--overcommit 0,1 --out run >out 2>err || status=$?
	[ "$status" -eq 1 ]
	says err "cannot guard $SPAWNWISE_KNOB: flock(2) is refused"
	says err "Use --overcommit current"
	has_mode 0
	check 0 refusing 38 flock -- "$command" run "${few[@]}" --heap 0 \
		--strategy null --out run
}

@test "only the guardian holds the lock" {
	start_long_run
	guard=$(processes spawnwise-guard)
	holders=$(grep -ls "FLOCK .*:$(stat -c %i "$SPAWNWISE_KNOB") " \
		/proc/[0-9]*/fdinfo/* | cut -d / -f 3 | sort -u)
	[ "$holders" = "$guard" ]
	kill "$runner"
	interrupted_by_term
}

@test "a mode that somebody else sets meanwhile ends the run and stays" {
	start_long_run
	guard=$(processes spawnwise-guard)
	stop_in_window "$guard"
	printf '2\n' 1<>"$SPAWNWISE_KNOB"
	kill -CONT "$guard"
	end_run 1
	says err "somebody else changed the overcommit mode"
	run_files run
	has_mode 2
	check 0 "$command" restore
	says out "Nothing to restore"
}

@test "a stopped guardian whose run is dead is named, with the cure" {
	start_long_run
	stopped=$(processes spawnwise-guard)
	stop_in_window "$stopped"
	kill -KILL -- "-$runner"
	end_run 137
	refused 1 "restore vm.overcommit_memory: the guardian (pid $stopped)" \
		"kill -CONT $stopped" restore
	second_is_refused
	says err "the guardian (pid $stopped) of a run that is dead"
	kill -KILL "$stopped"
	stopped=
	check 0 "$command" restore
	says out "Restored vm.overcommit_memory to 0"
	has_mode 0
}

@test "a stopped guardian that is woken finishes" {
	start_long_run
	stopped=$(processes spawnwise-guard)
	stop_in_window "$stopped"
	kill -KILL "$runner"
	end_run 137
	kill -CONT "$stopped"
	within 5 has_mode 0
	within 5 no_process spawnwise-guard
	check 0 "$command" restore
	says out "Nothing to restore"
}

@test "a stopped run is named as one" {
	start_long_run
	kill -STOP "$runner"
	stopped=$runner
	second_is_refused
	says err "another spawnwise run (pid $runner) is at work, but stopped"
	says err "kill -CONT $runner"
	kill -CONT "$runner"
	kill "$runner"
	interrupted_by_term
}

@test "a pipe in the state folder is waited for by nobody" {
	mkfifo state/state
	check 0 timeout 60 "$command" restore
	says out "what a killed run wrote down is not readable and was removed"
	[ ! -e state/state ]
}

@test "pairs of runs in two roots, with deaths: nothing is left changed" {
	check 0 "$top/tests/pairs" 3
	says out "3 pairs: nothing changed"
}

@test "the same in two containers on the kernel's own setting" {
	roots_can_be_made
	check 0 "$top/tests/pairs" 2 real
	says out "2 pairs: nothing changed"
}
