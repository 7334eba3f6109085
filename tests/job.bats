#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# run --job: sections of a file, each a run. Nearly all of it is planned only.

load helpers

setup() {
	prepare
	cat >my.ini <<-'END'
	; before the sections: for all of them
	quick = yes
	parents = 6
	strategy = null,vfork

	[global]
	heap: 0 ; bytes
	[plain]
	[more threads]
	  threads = 0,4
	heap = 0,1M
	END
}

teardown() {
	finish
}

# refused_job LINES REASON CURE: with that file, nothing is measured or made.
refused_job() {
	printf '%b\n' "$1" >bad.ini
	refused 2 "$2" "$3" run --job bad.ini --out all
	[ ! -e all ]
}

@test "run --job --dry-run plans each section and makes nothing" {
	check 0 "$command" run --job my.ini --dry-run --seed 5 --out all
	[ "$(grep -c 'seed 5\.' out)" -eq 2 ]
	diff <(grep -o '^\[.*\]\|^Plan: [0-9]* cells' out) - <<-'END'
	[plain]
	Plan: 2 cells
	[more threads]
	Plan: 8 cells
	END
	[ ! -e all ]
	# The command line holds before the file.
	check 0 "$command" run --job my.ini --dry-run --threads 0,1,2 -s vfork \
		--filter threads
	[ "$(grep -cx 'vfork/heap:0/threads:[12]/overcommit:0' out)" -eq 4 ]
	[ "$(grep -cx 'vfork/heap:1M/threads:[12]/overcommit:0' out)" -eq 2 ]
}

@test "run --job reads what an editor of another system wrote" {
	printf '\xef\xbb\xbf[a]\r\nheap = 1M\r\n[b]\r\n' >my.ini
	check 0 "$command" run --job my.ini --dry-run --quick -s vfork --filter .
	diff <(grep -x '\[.*\]\|.*/heap:1M/.*' out) - <<-'END'
	[a]
	vfork/heap:1M/overcommit:0
	[b]
	END
}

@test "run --job says which line of its file is wrong" {
	refused_job '[a]\nhepa = 0' \
		'read bad.ini:2: unknown key "hepa"; did you mean "heap"?' \
		"run --help"
	refused_job '[a]\n\n\nout = b' 'read bad.ini:4: unknown key "out"' \
		"run --help"
	refused_job '[a]\nhelp = yes' 'read bad.ini:2: unknown key "help"' ""
	refused_job '[a]\nheap = 0\n[b\nhepa = 0' \
		'read bad.ini:4: unknown key' "run --help"
	refused_job '[a]\nheap' \
		"read bad.ini:2: it is neither a section nor a key" "KEY = VALUE"
	refused_job '[a]\nheap = 0,\n 64M' \
		"read bad.ini:3: it is neither a section nor a key" ""
	for name in ../b b/c . '' a; do
		refused_job "[a]\nheap = 0\n[$name]" \
			'read bad.ini:3: [' "a folder of its own"
	done
	refused_job "[a]\nchild = /$(printf '%0200d')" \
		"read bad.ini:2: the line is too long" "shorter"
	refused_job '[a]\n[gr\xf6sser]\n[b]' \
		"read bad.ini:2: [gr\\xf6sser] is no name" "a folder of its own"
	refused_job 'heap = 0' "read bad.ini:2: it is the end, and there was no" \
		"[NAME]"
	refused_job '[a]\nchild = \xff' "read bad.ini:2: it is neither" ""
	refused 2 "read absent.ini: No such file" "Name a file." \
		run --job absent.ini
	refused 2 "read .:1: it is the end" "[NAME]" run --job .
}

@test "run --job refuses a value as the option does, before it measures" {
	local good='quick = yes\n[a]\nheap = 0\nstrategy = null\n[b]\n'
	refused_job "${good}heap = 0,x" \
		'run section [b]: run --heap 0,x: "x" is not a size' "A size is"
	refused_job "${good}parents = 3" \
		"run section [b]: run --parents 3: it is out of range" "from 6 to"
	refused_job "${good}quick = no" \
		"run section [b]: read option '--quick=no': it takes no value" ""
	refused_job "${good}heap = 0\nfilter = none" \
		"run section [b]: run --filter none: it leaves no cell" "Names are "
	mkdir -p all/b
	touch all/b/something
	printf '%b\n' "$good" >bad.ini
	refused 2 "run section [b]: run --out all/b: it is not empty" "empty" \
		run --job bad.ini --out all
	[ ! -e all/a ]
}

sections() { grep '^\[' out; }

@test "run --job measures its sections, and --resume what is left of them" {
	check 0 "$command" run --job my.ini --out all
	diff <(sections) <(printf '%s\n' '[plain]' '[more threads]')
	run_files all/plain
	run_files "all/more threads"
	[ "$(rows all/plain reap strategy heap_bytes | sort)" = \
		$'null 0\nvfork 0' ]
	[ "$(rows "all/more threads" reap threads | sort -u)" = $'0\n4' ]
	[ "$(cut -d , -f 1 all/*/samples.csv | sort -u | wc -l)" -eq 3 ]
	check 0 "$command" run --resume all/plain --dry-run
	says out "Plan: 2 cells"
	refused 2 "run section [plain]: run --out all/plain: it holds a run" \
		"Choose an empty folder." run --job my.ini --out all
	# One is done, one was killed after its first process, one not begun.
	printf '[last]\n' >>my.ini
	sed -i 's/"interrupted": false/"interrupted": null/' \
		"all/more threads/host.json"
	before=$(cat all/plain/*)
	parent=$(sed -n 1p all/plain/samples.csv | tr , '\n' | grep -nx parent)
	awk -F, -v parent="${parent%:*}" 'NR == 1 || $parent == 0' \
		"all/more threads/samples.csv" >cut
	mv cut "all/more threads/samples.csv"
	check 0 "$command" run --job my.ini --resume all
	diff <(sections) <(printf '%s\n' '[plain] is finished.' \
		'[more threads]' '[last]')
	[ "$before" = "$(cat all/plain/*)" ]
	[ "$(rows "all/more threads" reap parents | sort -u)" = 6 ]
	run_files all/last
	check 0 "$command" run --job my.ini --resume all
	[ "$(sections | grep -c ' is finished\.$')" -eq 3 ]
}

@test "run --job --resume wants the folder of a job, and no other" {
	printf '[a]\nheap = 0\n' >my.ini
	mkdir old
	refused 2 "run --job with --resume ./gone" "that was interrupted" \
		run --job my.ini --resume ./gone
	refused 2 "run --job with --resume ./old" "goes there, too" \
		run --job my.ini --resume ./old --out new
}

@test "run --job goes on after a section that failed, and tells it by its status" {
	# It is tried with all sections, then with its own, and fails then.
	cat >fickle <<-'END'
	#!/bin/sh
	[ ! -e twice ] || exit 1
	[ ! -e once ] || : >twice
	: >once
	END
	chmod +x fickle
	cat >my.ini <<-'END'
	quick = yes
	parents = 6
	heap = 0
	strategy = vfork
	[bad]
	child = ./fickle
	[good]
	END
	check 3 "$command" run --job my.ini --out all
	says err "Nothing was measured: every spawn failed."
	diff <(sections) <(printf '%s\n' '[bad]' '[good]')
	run_files all/good
}

@test "run --job ends with the section that a signal interrupts" {
	cat >my.ini <<-'END'
	heap = 0
	strategy = vfork
	[a]
	parents = 1000
	[b]
	END
	# ^C is for all of them, the others for the one that was started.
	for signal in "INT -" "TERM " "HUP "; do
		rm -rf all
		env --default-signal=INT,TERM,HUP setsid \
			"$command" run --job my.ini --out all >out 2>err 3>&- 9>&- &
		runner=$!
		within 20 grep -qs ,0, all/a/samples.csv
		kill "-${signal% *}" -- "${signal#* }$runner"
		status=0
		wait "$runner" || status=$?
		[ "$status" -eq 130 ]
		says err "cannot run section [a]: finish run "
		[ ! -e all/b ]
		run_files all/a
		within 2 no_process 'spawnwise*'
	done
	check 0 "$command" run --job my.ini --resume all --dry-run
	diff <(sections) <(printf '%s\n' '[a]' '[b]')
}
