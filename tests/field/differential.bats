#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Random requests to the libc's posix_spawn mean under `with` what they mean
# without it: both are compared with an independent fork. build/tests/differential
# does the rest; see tests/differential/differential.h.

load ../helpers

setup() {
	prepare
	random=${command%/*}/tests/differential
	[ -x "$random" ] || skip "make build/tests/differential"
}

teardown() {
	finish
}

@test "with makes of random posix_spawns what the libc does" {
	! grep -q __asan_init "$random" || skip "a sanitizer wants to be first"
	seed=$RANDOM
	for name in broker clone_async clone_vm fork posix_spawn vfork; do
		check 0 timeout -s KILL 600 "$command" with --report report \
			"$name" -- "$random" --strategy posix_spawn \
			--count 300 --seed "$seed"
		says out "ok 1 - posix_spawn: 300 requests as by fork" || return 1
		grep -q " [1-9][0-9]* spawned by $name" report ||
			{ cat report; return 1; }
	done
}

@test "differential tells how it is used" {
	check 2 "$random" --seed 1 --cuont 2
	says err "usage: differential"
	check 2 "$random" --strategy no_such_strategy --count 1
}
