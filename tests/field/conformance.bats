#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Who writes a strategy sees all that is wrong with it: a check that hangs or
# kills the process is one that failed, and leaves nothing behind.

load ../helpers

setup() {
	prepare
	conformance=${command%/*}/tests/conformance
	[ -x "$conformance" ] || skip "make build/tests/conformance"
}

teardown() {
	finish
}

at_work() { worker=$(pgrep -P "$runner" | head -n 1) && [ -n "$worker" ]; }
result() { grep -q "$1" out; }
holds_setting() { find "/proc/$1/fd" -lname '*/overcommit_memory' | grep -q .; }
is_gone() { ! kill -0 "$1" 2>/dev/null; }

@test "whoever kills the list leaves no process and no lock" {
	exec 9<&-
	unset CONFORMANCE_WITHIN
	# A change of ids, the first of the two, undoes PR_SET_PDEATHSIG.
	CMOCKA_MESSAGE_OUTPUT=TAP "$conformance" 'clone_vm: ids and groups*' \
		'clone_vm: 10,000 spawns*' >out 2>err 3>&- &
	runner=$!
	within 120 result '^ok 1 '
	at_work
	kill -STOP "$worker"
	within 20 is_stopped "$worker"
	holds_setting "$runner"
	! holds_setting "$worker" || return 1
	kill -KILL "$runner"
	within 20 is_gone "$worker"
}

@test "the list outlives a check that hangs and one that dies" {
	CONFORMANCE_LIMIT_S=20 CMOCKA_MESSAGE_OUTPUT=TAP "$conformance" 'clone_vm: a*' \
		'clone_vm: [b-z]*' >out 2>err 3>&- 9>&- &
	runner=$!
	within 20 result '^ok 1 '
	at_work
	kill -STOP "$worker"
	within 60 result '^not ok .*: took more than [0-9]* s'
	before=$(wc -l <out)
	at_work
	kill -KILL "$worker"
	within 20 result '^not ok .*: the process died of signal 9'
	status=0
	wait "$runner" || status=$?
	[ "$status" -eq 1 ]
	[ "$(wc -l <out)" -gt $((before + 20)) ]
	[ "$(grep -c '^not ok' out)" -eq 2 ] || { cat out; return 1; }
	[ "$(tail -n 1 out)" = "1..$(grep -cE '^(not )?ok ' out)" ]
}

@test "conformance runs one strategy, and tells how it is used" {
	check 0 "$conformance" --help
	says out "usage:"
	check 0 "$conformance" popen
	! grep -q 'system: ' out || return 1
	grep -q 'popen: ' out
}
