#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# "Works here" is said by who has tried it, a cure belongs to what failed, and
# doctor warns of what makes spawning slow, fail or lie.

bats_require_minimum_version 1.5.0

load ../helpers

setup() {
	prepare
	data=$top/tests/data/choose
}

teardown() { finish; }

strategies=()
all_strategies() {
	mapfile -t strategies < <("$command" list --csv | tail -n +2 |
		cut -d, -f1)
}

# known_refused NAME ERRNO COMMAND...: below COMMAND... list, doctor and with
# say alike that this strategy is not available, and choose does not take it.
known_refused() {
	local name=$1 errno=$2
	shift 2
	check 0 "$@" "$command" list --csv
	says out "$name,no,$errno,"
	check 0 "$@" "$command" list
	grep -A 1 "^$name " out | grep -q 'not available: '
	check 0 "$@" "$command" doctor
	says out "$name is not available: "
	check 0 "$@" "$command" doctor --json
	python3 - "$name" "$errno" <<-'PYTHON'
	import json, sys
	seen = {s["name"]: s for s in json.load(open("out"))["strategies"]}
	assert not seen[sys.argv[1]]["supported"], seen
	assert seen[sys.argv[1]]["reason"] == sys.argv[2], seen
	PYTHON
	check 125 "$@" "$command" with "$name" -- true
	says err "spawnwise: cannot serve a program with $name: "
	says err "another strategy"
}

@test "a strategy that cannot serve such a caller is not available" {
	unshare -p true 2>/dev/null || skip "needs a pid namespace of its own"
	known_refused broker ENOTSUP unshare -p
	[ "$(unshare -p "$command" list --csv | grep -c ',yes,')" -ge 6 ]
}

@test "what was refused when it was tried is what the run predicts" {
	calls_can_be_refused
	check 0 refusing 1 vfork -- "$command" run --quick --heap 0 --out run \
		--strategy fork,vfork
	python3 - <<-'PYTHON'
	import csv
	for row in csv.DictReader(open("run/cells.csv")):
	    if row["strategy"] == "vfork":
	        assert (row["predicted"], row["observed"]) == ("EPERM", "EPERM"), row
	PYTHON
	says err "use another strategy, or run outside"
}

@test "a strategy that kills who tries it is not available" {
	calls_can_be_refused
	known_refused vfork ENOSYS refusing 0 vfork --
}

@test "without /proc it is said what needs it" {
	unshare -m true 2>/dev/null || skip "needs a mount namespace of its own"
	cat >without_proc <<-'SH'
	#!/bin/sh
	umount -l /proc && exec "$@"
	SH
	chmod +x without_proc
	known_refused broker ENOENT unshare -m ./without_proc
	says err "It needs /proc"
	check 7 unshare -m ./without_proc "$command" with vfork -- sh -c 'exit 7'
}

@test "below an emulator no strategy is passed that was not tried" {
	command -v qemu-x86_64 >/dev/null || skip "needs qemu-x86_64 (qemu-user)"
	[ "$(uname -m)" = x86_64 ] || skip "needs x86_64"
	addresses_can_be_few # a sanitizer does not run below it
	check 0 qemu-x86_64 "$command" list --csv
	cp out listed
	check 0 qemu-x86_64 "$command" doctor
	all_strategies
	for name in "${strategies[@]}"; do
		check_emulated "$name"
	done
}

# What is not available fails when it is used, and what is available works.
check_emulated() {
	local status=0
	grep -q "^$1,.*creates_nothing" listed && return
	qemu-x86_64 "$command" exec -s "$1" -- true 2>err2 || status=$?
	if grep -q "^$1,yes" listed; then
		[ $status -ne 125 ] || { echo "$1 is said to work"; cat err2; return 1; }
	else
		says out "$1 is not available: "
	fi
}

@test "SIGCHLD that is ignored refuses no strategy" {
	check 0 sh -c 'trap "" CHLD; exec "$@"' - "$command" list --csv
	if cut -d, -f1-3 out | grep ',no,ECHILD'; then false; fi
}

@test "the cure of what cannot be written belongs to the output" {
	[ -w /dev/full ] || skip "needs /dev/full"
	for verb in "list" "list --csv" "list --json" "doctor" "doctor --json" \
		help --version "lab --help"; do
		status=0
		# shellcheck disable=SC2086
		"$command" $verb >/dev/full 2>err || status=$?
		[ $status -eq 1 ]
		says err "cannot write standard output: No space left on device"
		says err "Make room on the disk"
		[ "$(wc -l <err)" -eq 2 ]
		status=0
		# shellcheck disable=SC2086
		"$command" $verb >&- 2>err || status=$?
		[ $status -eq 1 ]
		says err "cannot write standard output: Bad file descriptor"
	done
}

@test "a report in a folder that is gone has nothing to do with memory" {
	mkdir gone
	cd gone
	rmdir ../gone
	"$command" with --report rel vfork -- true 2>"$scratch/err" && false
	cd "$scratch"
	says err "spawnwise: cannot report to rel: No such file or directory"
	says err "by its whole path"
}
