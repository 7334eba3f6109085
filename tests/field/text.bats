#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Names that others chose, with bytes that are no UTF-8 and with control
# characters: they are written escaped, and nothing fails for them.

load ../helpers

setup() {
	prepare
	group=
}

teardown() {
	[ -z "$group" ] || within 5 rmdir "$group" 2>/dev/null || true
	finish
}

# no_raw_bytes FILE: it is UTF-8 without control characters but newlines.
no_raw_bytes() {
	python3 - "$1" <<-'PYTHON'
	import sys, unicodedata
	text = open(sys.argv[1], "rb").read().decode()
	assert not [c for c in text if unicodedata.category(c) == "Cc" and
	            c != "\n"], text
	PYTHON
}

@test "a control group of any name is told" {
	make_group $((64 << 20)) $'-\xff\e[31m-\xc3\xa4'
	for verb in doctor "watch --pid $$ --interval 10ms --duration 55ms"; do
		check 0 inside "$command" $verb
		no_raw_bytes out
		check 0 inside "$command" $verb --json
		no_raw_bytes out
		python3 -c 'import json; json.load(open("out"))'
	done
	check 0 inside "$command" doctor
	says out '-\xff\x1b[31m-ä'
	check 0 inside "$command" doctor --json
	says out '-\\xff\\x1b[31m-ä'
	check 125 inside "$command" exec --heap 64M -s clone_vm -- true
	no_raw_bytes err
	says err '-\xff\x1b[31m-ä'
}

@test "a process of any name is told" {
	cp "$(command -v sleep)" $'e\e[31m\xff'
	./$'e\e[31m\xff' 100 3>&- 9>&- &
	pid=$!
	check 0 "$command" watch --pid $pid --interval 10ms --duration 55ms
	no_raw_bytes out
	check 0 "$command" watch --pid $pid --interval 10ms --duration 55ms --json
	no_raw_bytes out
	check 0 "$command" doctor --pid $pid --json
	no_raw_bytes out
	kill $pid
}

@test "an error is told of any name" {
	check 2 "$command" choose --data $'no\e[31m\xff' --heap 0
	no_raw_bytes err
	says err 'no\x1b[31m\xff'
	check 2 "$command" run --heap $'1\x9b31m'
	no_raw_bytes err
	check 2 "$command" $'\e]0;title\a'
	no_raw_bytes err
}

@test "a folder of any name is told" {
	run=$'a\e[31m\xff'
	check 0 "$command" run --quick --heap 0 --strategy vfork --out "$run"
	no_raw_bytes err
	for verb in plot "choose --heap 0 --data"; do
		check 0 "$command" $verb "$run"
		no_raw_bytes err
		says err 'a\x1b[31m\xff'
	done
	rm "$run/cells.csv"
	check 0 "$command" summarise "$run"
	no_raw_bytes err
	check 0 "$command" lab promise --overcommit current --out "${run}2"
	no_raw_bytes err
}

@test "a run of any name and arguments has a host.json" {
	mkdir $'a\xff'
	cd $'a\xff'
	check 0 "$command" run "${few[@]}" --heap 0 --strategy vfork \
		--out $'run\xfe'
	python3 -c 'import json, glob
assert "run\\xfe" in json.load(open(glob.glob(b"run*")[0] + b"/host.json"))["argv"]'
}
