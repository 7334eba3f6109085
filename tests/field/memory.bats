#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# How much memory there is, where others need it too, and where the kernel or a
# container tells it oddly or not at all: nobody is killed for a heap of ours.

load ../helpers

setup() {
	prepare
	group=
	neighbour=
}

teardown() {
	for pid in $neighbour; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	[ -z "$group" ] || within 5 rmdir "$group" 2>/dev/null || true
	finish
}

# hold MIB: a process in the group that has so much memory, $neighbour.
hold() {
	inside python3 -c 'import sys, time
held = b"x" * (int(sys.argv[1]) << 20)
open("held", "w").close()
time.sleep(100)' "$1" 3>&- &
	neighbour=$!
	within 20 test -e held
}

@test "what a neighbour in the group uses is no room" {
	make_group $((600 << 20))
	hold 420
	check 125 inside "$command" exec -s clone_vm --heap 280M -- true
	says err "cannot grow the heap to 280M: that is more than a run may take"
	grep -Eq "^Use at most [0-9.]+ MiB, half of the 1[5-8][0-9.]+ MiB" err
	says err "that cgroup $group leaves below its $limit, or --backing untouched"
	check 2 inside "$command" run --heap 280M --out run
	grep -Eq "^Use heaps of at most [0-9.]+ MiB, half of the 1[5-8]" err
	check 0 inside "$command" exec -s clone_vm --heap 32M -- true
	check 0 inside "$command" doctor
	grep -Eq "a run may take [789][0-9.]* MiB, half of the 1[5-8]" out
	kill -0 $neighbour
}
