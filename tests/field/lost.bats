#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What a user measured is never lost: a second ^C, SIGKILL, a full disk.

load ../helpers

setup() {
	prepare
}

teardown() {
	finish
}

# measure_and_interrupt_twice SIGNAL MILLISECONDS: the second signal comes so
# long after the first.
measure_and_interrupt_twice() {
	rm -rf run
	start_run --heap 0 --strategy fork,vfork --parents 1000
	within 10 has_samples
	kill "-$1" -- "-$runner"
	pause "0.$(printf %03d "$2")"
	kill "-$1" -- "-$runner" || true
	end_run 130
	says err "spawnwise: cannot finish run "
	says err "What was measured until then is kept."
	[ -s run/host.json ]
	[ "$(wc -l <run/cells.csv)" -eq 11 ]
}

@test "a second ^C, whenever it comes, loses nothing" {
	for ((try = 0; try < 15; try++)); do
		measure_and_interrupt_twice INT $((RANDOM % 120))
	done
	for signal in TERM HUP QUIT; do
		measure_and_interrupt_twice $signal $((RANDOM % 60))
	done
	run_files run
}
