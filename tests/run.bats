#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# run: its plan, its files, its refusals. Timings are never judged here.

load helpers

setup() {
	prepare
}

teardown() {
	finish
}

measure() { check 0 "$command" run --out run "$@"; }

# measured_by_make TARGET STATUS: `make TARGET` with a stand-in for the command
# that notes how it is called; run ends with STATUS. Tells make's status.
measured_by_make() {
	mkdir -p stub
	printf '#!/bin/sh\necho "$*" >>"%s/calls"\n[ "$1" != run ] || exit %d\n' \
		"$PWD" "$2" >stub/spawnwise
	chmod +x stub/spawnwise
	: >calls
	if env -u MAKEFLAGS make -s -C "$top" "$1" B="$PWD/stub" SETUP=: \
		BUILD=: >out 2>err; then echo drawn; else echo failed; fi
	cat calls
}

@test "make bench and make quick measure and draw" {
	for target in bench quick; do
		calls="run --quick --overcommit all --plot"
		[ $target = quick ] ||
			calls="run --overcommit all --plot --budget 480"
		diff <(measured_by_make $target 0) - <<-END
		drawn
		$calls
		END
		diff <(measured_by_make $target 3) - <<-END
		failed
		$calls
		END
		says err "Error 3"
	done
}

# Stand-ins by which a spawn takes 1 ms: for a run, for the bare loops but for
# broker's, and for hyperfine, which times what is asked of `exec`.
make_equals() {
	mkdir -p stub/tests
	cat >stub/hyperfine <<-'END'
	#!/bin/bash
	while [ "$1" != --export-json ]; do shift; done
	for words in "${@:3}"; do
		[[ $words =~ count\ ([0-9]+) ]]
		printf '      "min": %d.%03d,\n' 1 "${BASH_REMATCH[1]}"
	done >"$2"
	END
	cat >stub/spawnwise <<-'END'
	#!/bin/bash
	if [ "$1" = list ]; then
		printf '%s\n' name,supported,traits broker,yes, \
			fork,yes,copies_page_tables
		exit
	fi
	echo "$*" >>"$(dirname "$0")/runs"
	while [ "$1" != --out ]; do shift; done
	mkdir "$2"
	printf '%s\n' strategy,time,ok,parents,quiet_ns \
		broker,return,60,6,7 broker,reap,60,6,1e6 \
		fork,reap,60,6,1e6 >"$2/cells.csv"
	printf '%s\n' strategy,parent,warmup,reap_ns,errno broker,0,1,9e9, \
		broker,0,0,1.1e6, broker,0,0,9e5, broker,1,0,2e6, \
		fork,0,0,1e6, fork,1,0,2e6,12 >"$2/samples.csv"
	END
	cat >stub/tests/bare <<-'END'
	#!/bin/sh
	[ "$1" != beside ] || { echo "bare $*"; exit 3; }
	for word; do [ "$word" != fork=10 ] || echo "fork 1000000"; done
	END
	cp stub/spawnwise stub/payload
	chmod +x stub/* stub/tests/bare
}

# crosscheck STATUS STRATEGY...
crosscheck() {
	check "$1" env PATH="$PWD/stub:$PATH" SPAWNWISE="$PWD/stub/spawnwise" \
		CROSSCHECK_HEAPS="0 1G" CROSSCHECK_PASSES="${PASSES:-1}" \
		"$top/tests/crosscheck" "${@:2}"
}

@test "make crosscheck tells what it does, and what agrees" {
	make_equals
	crosscheck 0
	says err "crosscheck: 2 strategies at heap 0, 1G, up to 1 passes"
	for line in "pass 1, heap 0: a run" "pass 1, heap 0: bare loops" \
		"pass 1, heap 0: hyperfine, fork" \
		"pass 1, heap 1G: hyperfine, broker"; do
		grep -qxF "$line" err
	done
	grep -qE "^broker +1G +1 +1000.0 +-( +1000.0){2} +\+0.0 %  yes$" out
	grep -qE "^fork +0( +1000.0){2} +\+0.0 %( +1000.0){2} +\+0.0 %  yes$" \
		<(sed 's/ 1  / /' out)
}

@test "make crosscheck measures again what disagrees with a bare loop" {
	make_equals
	sed -i 's/1000000/960000/' stub/tests/bare
	crosscheck 0
	sed -i 's/960000/940000/' stub/tests/bare
	rm stub/runs
	crosscheck 3
	[ "$(wc -l <stub/runs)" = 8 ]
	[ "$(grep -c "strategy fork .*--parents 24" stub/runs)" = 6 ]
	grep -qxF "pass 3, what disagrees, heap 1G: hyperfine, fork" err
	! grep -qF "what disagrees, heap 1G: hyperfine, broker" err
	grep -qE "^fork +1G +3 .*940.0 +\+6.4 %.* no$" out
	says err "crosscheck: 2 rows disagree or are missing"
}

@test "make crosscheck finds that hyperfine says something else" {
	make_equals
	sed -i 's/0,1.1e6/0,1.04e6/; s/0,9e5/0,8.4e5/; s/0,0,1e6/0,0,9.2e5/' \
		stub/spawnwise
	crosscheck 3
	grep -qE "^broker +0 +1 .*-6.0 %  yes$" out
	grep -qE "^fork +0 +3 .*-8.0 %  no$" out
	CROSSCHECK_SECONDS=0 crosscheck 3
	grep -qE "^fork +1G +0  no time was left$" out
}

@test "make crosscheck compares although the library adds too much" {
	make_equals
	check 2 env -u MAKEFLAGS PATH="$PWD/stub:$PATH" CROSSCHECK_PASSES=1 \
		CROSSCHECK_HEAPS=0 SPAWNWISE="$PWD/stub/spawnwise" \
		make -s -C "$top" crosscheck B="$PWD/stub" SETUP=: BUILD=:
	says out "bare beside"
	says out "Reap in us"
	says err "Error 3"
}

@test "run --help shows every axis" {
	check 0 "$command" run --help
	[ ! -s err ]
	for option in strategy heap backing threads cpu overcommit child \
		filter parents precision out resume budget seed quick \
		job dry-run; do
		says out "--$option"
	done
}

@test "run --dry-run tells the plan, writes nothing and changes nothing" {
	check 0 "$command" run --dry-run --heap 0,64M --overcommit 0,1 \
		--strategy fork,vfork --seed 7 --out run
	says out "Plan: 8 cells, "
	says out " by 42 processes; up to 64 MiB of memory"
	says out "Writes vm.overcommit_memory 84 times for "
	says out "or more for precision, and puts 0 back each time."
	says out " until all is within 3 %; seed 7."
	[ ! -s err ]
	[ ! -e run ]
	[ "$(cat "$SPAWNWISE_KNOB")" = 0 ]
	[ -z "$(ls -A "$SPAWNWISE_STATE_DIR")" ]
}

@test "run --dry-run says that it changes no setting when it will not" {
	check 0 "$command" run --dry-run --heap 0
	says out "Changes no kernel setting; overcommit mode is 0."
	[ ! -s err ]
	rmdir "$SPAWNWISE_STATE_DIR"
	diff <(ls) <(printf '%s\n' err out overcommit_memory)
}

@test "run measures a matrix and writes its five files" {
	measure --heap 4M --strategy null,fork,posix_spawn --threads 0,4 \
		--parents 6
	run_files run
	[ "$(wc -l <run/cells.csv)" -eq $((3 * 2 * 5 + 1)) ]
	diff <(ls run) \
		<(printf '%s\n' cells.csv gbench.json host.json plan.csv samples.csv)
	[ "$(rows run reap parents failed predicted observed | sort -u)" = \
		"6 0 ok ok" ]
	rows run reap ok | while read -r ok; do [ "$ok" -ge 300 ]; done
	[ "$(host run parents_per_state)" = 6 ]
	[ "$(host run parents_died)" = 0 ]
	[ "$(host run interrupted)" = False ]
	says out "posix_spawn"
	says out "floor of the harness: null"
	grep -Eq '(Trust no difference|Differences|How exact) ' out
	says err "Written to run"
}

@test "run keeps a record of the library for each parent" {
	measure "${few[@]}" --heap 0 --strategy null,vfork
	python3 - <<-'PYTHON'
	import json
	records = json.load(open("run/gbench.json"))
	assert len(records) == 6
	for record in records:
	    names = sorted(b["name"].split("/block")[0]
	                   for b in record["benchmarks"])
	    assert names == ["null/heap:0/overcommit:0",
	                     "vfork/heap:0/overcommit:0"], names
	    for benchmark in record["benchmarks"]:
	        assert benchmark["iterations"] == 50
	        assert not benchmark.get("error_occurred")
	PYTHON
}

@test "run's child stamps its start, and null starts nothing" {
	measure "${few[@]}" --heap 0 --strategy null,fork,broker
	[ -z "$(rows run samples strategy start_ns | grep '^null [0-9]')" ]
	[ -z "$(rows run samples strategy start_ns errno |
		grep -v ^null | grep -v '^[a-z]* [0-9]* -$')" ]
}

@test "run --seed brings back the order of blocks" {
	order() {
		rows "$1" samples heap_bytes strategy parent block sample warmup
	}
	axes="--quick --parents 6 --heap 0,4K --strategy null,vfork,clone_vm"
	check 0 "$command" run $axes --seed 5 --out a
	check 0 "$command" run $axes --seed 5 --out b
	check 0 "$command" run $axes --seed 6 --out c
	diff <(order a) <(order b)
	if diff -q <(order a) <(order c); then return 1; fi
	[ "$(host a seed)" = 5 ]
}

@test "run without --seed takes another each time and tells it" {
	check 0 "$command" run --dry-run --heap 0
	sed -n 's/.*seed \([0-9]*\)\.$/\1/p' out >first
	check 0 "$command" run --dry-run --heap 0
	sed -n 's/.*seed \([0-9]*\)\.$/\1/p' out >second
	[ -s first ]
	if diff -q first second; then return 1; fi
}

@test "run --quick takes fewer samples and fewer heaps" {
	check 0 "$command" run --quick --dry-run --strategy fork,vfork
	says out "Plan: 6 cells, "
	says out "up to 1 GiB of memory"
	says out " by 39 processes; "
	# Of 13 processes each takes as many as give 60 and 300.
	measure --quick --parents 13 --heap 0 --strategy fork,vfork
	diff <(rows run reap strategy ok) <(printf 'fork 65\nvfork 312\n')
	[ "$(host run parents_added)" = 0 ]
}

@test "run goes on until each cell is exact, or the time is over" {
	# Nothing is exact to 1 % of six processes, but for what creates nothing.
	measure --heap 0 --strategy null,vfork --parents 6 --precision 1 \
		--budget 3
	run_files run
	[ "$(rows run reap strategy parents | sed -n 's/^null //p')" = 6 ]
	[ "$(rows run reap strategy parents | sed -n 's/^vfork //p')" -ge 6 ]
	[ $((6 + $(host run parents_added))) -eq \
		"$(rows run reap strategy parents | sed -n 's/^vfork //p')" ]
	says err ", up to 3 s until all is within 1 %; seed "
	# Without an interval the verdict says so.
	exact=$(rows run reap strategy quiet_ns quiet_lo_ns quiet_hi_ns |
		awk '$1 == "vfork" { print $3 == "" ? "unknown" : \
			($4 - $3) / 2 <= 0.01 * $2 ? "yes" : "no" }')
	if [ "$exact" = no ]; then
		says out "The time was over before 1 of 2 cells were as exact as"
		says out "the worst, vfork/heap:0/overcommit:0, is within "
	else
		! grep -qF "The time was over" out
	fi
	[ "$(tail -n 1 out)" = "$(host run verdict)" ]
	refused 2 "run --precision 0" "from 1 to 100" run --precision 0
}

@test "run --parents takes that many processes" {
	measure --quick --heap 0 --strategy null --parents 7
	[ "$(rows run reap parents)" = 7 ]
	refused 2 "run --parents 5" "from 6 to" run --heap 0 --parents 5
}

@test "run --budget cuts samples, and refuses what is not honest" {
	refused 2 "run --budget 1" "The least that gives honest numbers takes" \
		run --heap 0,1G --strategy fork --budget 1 --out run
	[ ! -e run ]
	fits=$(sed -n 's/.* takes \([0-9]*\) s.*/\1/p' err)
	check 0 "$command" run --heap 0,1G --strategy fork --budget "$fits" \
		--dry-run
	refused 2 "run --budget soon" "whole number" run --budget soon
}

@test "run --filter measures only the cells that it names" {
	local names=(--heap 0,4M --strategy fork,null,vfork --threads 0,4)
	check 0 "$command" run --dry-run "${names[@]}" --filter '^v?fork/.*:4M/'
	says out "Plan: 4 cells, "
	diff <(tail -n +4 out) - <<-'END'
	fork/heap:4M/overcommit:0
	vfork/heap:4M/overcommit:0
	fork/heap:4M/threads:4/overcommit:0
	vfork/heap:4M/threads:4/overcommit:0
	END
	check 0 "$command" run --dry-run "${names[@]}" \
		--filter '-fork|heap:0|threads'
	diff <(tail -n +4 out) <(echo null/heap:4M/overcommit:0)
	refused 2 "run --filter Fork: it leaves no cell" \
		"Names are fork/heap:0/overcommit:0, null/heap:0/overcommit:0, " \
		run --dry-run "${names[@]}" --filter Fork
	refused 2 "run --filter a(b: " "regex(7)" run --filter 'a(b' --out run
	[ ! -e run ]
	measure "${few[@]}" "${names[@]}" --filter 'fork/heap:0/thr'
	run_files run
	[ "$(rows run reap strategy heap_bytes threads ok | sort)" = \
		$'fork 0 4 60\nvfork 0 4 300' ]
	[ "$(python3 -c 'import json
print(*json.load(open("run/host.json"))["attested"])')" = "fork vfork" ]
	check 0 "$command" run --resume run --dry-run
	says out "Plan: 2 cells, "
	check 0 "$command" run --resume run
	[ "$(rows run reap strategy threads | sort)" = $'fork 4\nvfork 4' ]
}

@test "run --dry-run refuses what the run would refuse" {
	mkdir full locked
	touch full/something
	dry() { refused 2 "$1" "$2" run --dry-run --heap 0 "${@:3}"; }
	dry "run --child ./absent: No such file or directory" \
		"executable file" --child ./absent
	dry "run --out full: it is not empty" "empty folder" --out full
	dry "write to /proc/run: " "--out DIR" \
		--out /proc/run
	dry "write to overcommit_memory/deep: Not a directory" "--out DIR" \
		--out overcommit_memory/deep
	check 0 "$command" run --dry-run --heap 0 --out locked/deep/er
	[ -z "$(ls -A locked)" ]
	chmod 555 locked
	users_can_run
	check 2 as_user "$command" run --dry-run --heap 0 --out locked/deep/er
	says err "cannot write to locked/deep/er: Permission denied"
}

@test "run leaves a folder alone that is not empty" {
	mkdir full
	touch full/something
	refused 2 "run --out full: it is not empty" "Choose an empty folder." \
		run --heap 0 --strategy null --out full
	[ "$(ls -A full)" = something ]
	mkdir empty
	check 0 "$command" run "${few[@]}" --heap 0 --strategy null --out empty
	run_files empty
}

@test "a clone that was moved keeps its runs to itself" {
	mkdir -p old/build old/data deep/er
	cp "$command" "$(dirname "$command")/payload" old/build/
	cp "$top/data/README.md" old/data/
	mv old deep/er/new
	cd deep/er/new
	check 0 build/spawnwise run "${few[@]}" --heap 0 --strategy null
	run_files data/latest
	[ "$(readlink data/latest)" = "runs/$(host data/latest run_id)" ]
	cd /
	check_from_root() {
		"$scratch/deep/er/new/build/spawnwise" choose --heap 0
	}
	check_from_root 2>"$scratch/err" || true
	says "$scratch/err" "in $scratch/deep/er/new/data/latest:"
}

@test "run refuses a folder that holds a run, and one it cannot write" {
	measure "${few[@]}" --heap 0 --strategy null
	cp -r run before
	refused 2 "run --out run: it holds a run already" \
		"Choose an empty folder." run --heap 0 --strategy null --out run
	diff -r run before
	refused 2 "write to plain: " "Use --out DIR" \
		run --heap 0 --strategy null --out overcommit_memory/deep ||
		says err "write to overcommit_memory/deep: Not a directory"
	mkdir locked
	chmod 555 locked
	users_can_run
	check 2 as_user "$command" run --heap 0 --strategy null \
		--out locked/run
	says err "spawnwise: cannot write to locked/run: Permission denied"
}

@test "run's hint can be copied, whatever the folder is called" {
	odd="it's \$HOME; here"
	check 0 "$command" run "${few[@]}" --heap 0 --strategy null --out "$odd"
	hint=$(sed -n 's/^Draw its charts with: //p' err)
	eval "set -- $hint"
	[ "$1" = "$command" ] && [ "$3" = "$odd" ]
	check 0 "$@"
	[ -s "$odd/feasible.svg" ]
}

@test "run without --out makes a folder named after its id" {
	mkdir elsewhere
	cd elsewhere
	check 0 "$command" run "${few[@]}" --heap 0 --strategy null
	folder=$(echo spawnwise-*)
	run_files "$folder"
	[ "spawnwise-$(host "$folder" run_id)" = "$folder" ]
}

@test "run names the nearest strategy, and what an axis takes" {
	refused 2 "find strategy 'posix_spwan'" "Did you mean 'posix_spawn'?" \
		run --strategy fork,posix_spwan
	for size in 8X -1 1.5 5000 '' 0x10 ' 1M' 1e6; do
		refused 2 "run --heap $size: " "A size is a multiple of the" \
			run --heap "$size"
	done
	refused 2 'run --heap 0,,1M: "" is not' "A size" run --heap 0,,1M
	refused 2 'run --heap 0,99999999999G: "99999999999G" is larger than' \
		"fit into this machine" run --heap 0,99999999999G
	refused 2 "run --backing fur" "untouched, shared or dontfork" run -b fur
	refused 2 "run --threads 1025" "0 to 1024" run --threads 1025
	refused 2 "run --cpu both" "same, split or free" run --cpu both
	refused 2 "run --overcommit 3" "0, 1, 2 or all" run --overcommit 3
	refused 2 "run --seed -1" "whole number" run --seed -1
}

@test "run refuses a value that is there twice, however it is written" {
	refused 2 'run --heap 0,1M,0: "0" is there twice' "once" run -H 0,1M,0
	refused 2 'run --heap 1G,1024M: "1024M" is there twice' "once" \
		run --heap 1G,1024M
	refused 2 'run --threads 1,01: "01" is there twice' "once" -t 1,01 ||
		refused 2 'run --threads 1,01: "01" is there twice' "once" \
			run --threads 1,01
	refused 2 'run --overcommit 0,00: "00" is there twice' "once" \
		run --overcommit 0,00
	refused 2 'run --strategy fork,fork: "fork" is' "once" \
		run --strategy fork,fork
	refused 2 'run --cpu free,free: "free" is there twice' "once" \
		run --cpu free,free
	refused 2 'run --backing base,base' "once" run --backing base,base
}

@test "run refuses more memory than it may take" {
	refused 2 "run --heap 900T: that is more memory than a run may take" \
		"Use heaps of at most " run --heap 0,900T --out run
	[ ! -e run ]
}

@test "run takes no more than half of what its cgroup leaves" {
	make_group $((256 << 20))
	status=0
	check 2 inside "$command" run --heap 200M --out run || status=1
	grep -Eq "Use heaps of at most 12[0-9] MiB, half of the 25[0-9]" err ||
		status=1
	check 0 inside "$command" run --dry-run --strategy fork || status=1
	grep -Eq "Leaving out heap 256M: a run may take 12[0-9] MiB" err ||
		status=1
	says out "up to 64 MiB of memory" || status=1
	rmdir "$group"
	[ $status -eq 0 ]
}

@test "run in another overcommit mode needs the right to set it" {
	chmod 444 "$SPAWNWISE_KNOB"
	users_can_run
	check 1 as_user "$command" run --heap 0 --overcommit 1 --out run
	says err "cannot set overcommit mode 1: $SPAWNWISE_KNOB is not writable"
	says err "Run as root, or use --overcommit current."
	[ ! -e run ]
}

@test "run --overcommit all without the right measures the current mode" {
	echo 1 >"$SPAWNWISE_KNOB"
	chmod 444 "$SPAWNWISE_KNOB"
	users_can_run
	chmod 777 .
	check 0 as_user "$command" run "${few[@]}" --heap 0 --overcommit all \
		--strategy null --out run
	[ "$(grep -c 'Measuring overcommit mode 1 only: ' err)" -eq 1 ]
	[ "$(rows run reap overcommit)" = 1 ]
}

@test "run sets each mode for its own blocks and puts the old one back" {
	echo 1 >"$SPAWNWISE_KNOB"
	measure "${few[@]}" --heap 0 --overcommit 0,1 --strategy null,vfork
	run_files run
	diff <(rows run reap overcommit strategy parents ok failed) - <<-'END'
	0 null 6 300 0
	0 vfork 6 300 0
	1 null 6 300 0
	1 vfork 6 300 0
	END
	[ "$(host run blocks_disturbed)" = 0 ]
	[ "$(cat "$SPAWNWISE_KNOB")" = 1 ]
	[ -z "$(ls -A "$SPAWNWISE_STATE_DIR")" ]
	within 2 no_process 'spawnwise*'
}

@test "run in mode 0 of the machine itself leaves the mode as it was" {
	use_real_setting
	measure "${few[@]}" --heap 0 --overcommit "$original,1" --strategy fork
	[ "$(rows run reap failed observed | sort -u)" = "0 ok" ]
	[ "$(host run blocks_disturbed)" = 0 ]
	[ "$(cat $setting)" = "$original" ]
}

@test "run puts back first what a killed run left behind" {
	echo 1 >"$SPAWNWISE_KNOB"
	boot_id=$(cat /proc/sys/kernel/random/boot_id)
	printf 'boot_id %s\npid 4194304\nstart_ticks 1\noriginal 0\nours 1\n' \
		"$boot_id" >"$SPAWNWISE_STATE_DIR/state"
	measure "${few[@]}" --heap 0 --strategy null --overcommit current
	says err "had left overcommit mode 1 behind: mode 0 is back."
	[ "$(rows run reap overcommit ok)" = "0 300" ]
	[ "$(cat "$SPAWNWISE_KNOB")" = 0 ]
}

@test "run --dry-run leaves alone what a killed run left behind" {
	echo 1 >"$SPAWNWISE_KNOB"
	boot_id=$(cat /proc/sys/kernel/random/boot_id)
	printf 'boot_id %s\npid 4194304\nstart_ticks 1\noriginal 0\nours 1\n' \
		"$boot_id" >"$SPAWNWISE_STATE_DIR/state"
	check 0 "$command" run --dry-run --heap 0 --strategy null
	[ "$(cat "$SPAWNWISE_KNOB")" = 1 ]
	[ -f "$SPAWNWISE_STATE_DIR/state" ]
}

@test "run refuses a heap that is not backed as its label says" {
	check 3 "$command" run "${few[@]}" --heap 1M --backing thp,untouched \
		--strategy vfork --out run --plot
	run_files run
	[ -s run/feasible.svg ]
	says err "Not measured by all processes: the heap is not backed as thp"
	says err "  vfork at 1 MiB, mode 0, backing thp: 0 of 6 processes"
	diff <(rows run reap backing ok failed observed) \
		<(printf 'thp 0 0 -\nuntouched 300 0 ok\n')
}

@test "run measures huge pages where there are some" {
	enabled=/sys/kernel/mm/transparent_hugepage/enabled
	[ -f $enabled ] && ! grep -q '\[never\]' $enabled ||
		skip "needs transparent huge pages"
	status=0
	"$command" run "${few[@]}" --heap 16M --backing thp --strategy vfork \
		--out run >out 2>err || status=$?
	[ $status -eq 0 ] || says err "the heap is not backed as thp"
	run_files run
}

# Sanitizers map memory of their own and keep what was freed.
plain_build() {
	if grep -q __asan_init "$command"; then
		skip "needs a build without sanitizers"
	fi
}

@test "run predicts what a spawn asks the kernel to commit" {
	plain_build
	measure "${few[@]}" --heap 0,64M --strategy fork,vfork,broker \
		--backing untouched
	[ "$(rows run reap strategy commit_bytes | grep -v fork | sort -u)" = \
		"broker 0" ]
	[ "$(rows run reap strategy commit_bytes | grep '^vfork' | sort -u)" = \
		"vfork 0" ]
	asked=$(rows run reap strategy commit_bytes | awk '
		$1 == "fork" { mib = ($2 - last) / 1048576; last = $2 }
		END { print (mib > 60 && mib < 68) }')
	[ "$asked" = 1 ]
}

@test "run's own memory is no part of the heap under test" {
	plain_build
	check 0 "$command" run "${few[@]}" --heap 0 --strategy fork --out one
	# Samples and google-benchmark's records of 60 processes.
	check 0 "$command" run --heap 0,4K,8K,12K,16K,20K,24K,28K,32K,36K \
		--strategy fork,null --parents 6 --out many
	[ "$(wc -l <many/samples.csv)" -gt 10000 ]
	one=$(rows one return commit_bytes)
	many=$(rows many return heap_bytes strategy commit_bytes |
		sed -n 's/^0 fork //p')
	[ "$many" -lt $((one + (600 << 10))) ]
}

@test "run --cpu split: who cannot place its child is refused" {
	[ "$(nproc)" -ge 2 ] || skip "needs two CPUs"
	measure "${few[@]}" --heap 0 --cpu split,free --strategy posix_spawn,vfork
	run_files run
	diff <(rows run reap cpu strategy errno predicted observed) - <<-'END'
	split posix_spawn ENOTSUP ENOTSUP ENOTSUP
	split vfork - ok ok
	free posix_spawn - ok ok
	free vfork - ok ok
	END
}

@test "run --cpu split on one CPU is refused" {
	cpu=$(sed -n 's/^Cpus_allowed_list:\t\([0-9]*\).*/\1/p' \
		/proc/self/status)
	check 1 taskset -c "$cpu" "$command" run --heap 0 --cpu split --out run
	says err "cannot run --cpu split: this process may use one CPU only"
	check 0 taskset -c "$cpu" "$command" run "${few[@]}" --heap 0 \
		--strategy vfork --out run
}

@test "run keeps what was attested of each strategy" {
	check 0 "$command" run "${few[@]}" --heap 0 --out run \
		--strategy system,popen,fork,vfork,null
	python3 - <<-'PYTHON'
	import json
	host = json.load(open("run/host.json"))
	seen = host["attested"]
	assert set(seen) == {"system", "popen", "fork", "vfork", "null"}
	assert host["shell"].startswith("/"), host["shell"]
	for name, facts in seen.items():
	    assert facts["refused"] is None, (name, facts)
	    assert facts["contradiction"] is None, (name, facts)
	    assert facts["unseen"] or bool(facts["call"]) == (name != "null")
	PYTHON
	[ -z "$(rows run samples errno | grep -v '^-$')" ]
}

@test "run measures what a seccomp filter allows, and names the rest" {
	calls_can_be_refused
	check 0 refusing 1 vfork -- "$command" run "${few[@]}" --heap 0 --out run \
		--strategy fork,vfork
	says err "vfork is not available here: Operation not permitted."
	[ "$(rows run reap strategy observed)" = "$(
		printf 'fork ok\nvfork EPERM')" ]
	host run attested | grep -q "'refused': 'EPERM'"
	check 0 refusing 38 seccomp -- "$command" run "${few[@]}" --heap 0 \
		--out unseen --strategy fork
	says err "fork could not be attested (Function not implemented): its"
}

@test "run --child of another program leaves start empty" {
	measure "${few[@]}" --heap 0 --strategy fork,vfork --child /bin/true
	run_files run
	[ "$(rows run samples start_ns | sort -u)" = - ]
	[ "$(rows run start p50_ns | sort -u)" = - ]
	[ "$(rows run reap observed | sort -u)" = ok ]
}

@test "run --child: what it prints goes nowhere" {
	measure "${few[@]}" --heap 0 --strategy vfork --child "$(type -P pwd)"
	[ "$(rows run reap ok failed)" = "300 0" ]
	if grep -qxF "$PWD" out err; then return 1; fi
}

# A program that ends with 0 the first time only.
make_fickle() {
	printf '#!/bin/sh\n[ ! -e "%s/once" ] || exit 1\n: >"%s/once"\n' \
		"$PWD" "$PWD" >fickle
	chmod +x fickle
}

@test "run --child that fails is counted, not timed" {
	make_fickle
	check 3 "$command" run "${few[@]}" --heap 0 --strategy fork,vfork \
		--child ./fickle --out run
	says err "Nothing was measured: every spawn failed."
	run_files run
	[ "$(rows run reap ok errno observed | sort -u)" = "0 EPROTO EPROTO" ]
}

@test "run --child that cannot be measured is told before the plan" {
	refused 2 "measure spawns of /bin/false: it ended with status 1" \
		"ends with status 0" run --heap 0 --child /bin/false --out run
	printf '#!/bin/sh\nkill -9 $$\n' >dies
	chmod +x dies
	refused 2 "measure spawns of ./dies: it was ended by a signal: Killed" \
		"ends with status 0" run --heap 0 --child ./dies --out run
	[ ! -e run ]
	refused 2 "measure spawns of /bin/false: it ended with status 1" \
		"ends with status 0" run --dry-run --heap 0 --child /bin/false
}

# seconds_of WORD: what the plan says after WORD, "103 ms" or "1.5 min".
seconds_of() {
	awk -v word="$1" 'BEGIN { unit["ms"] = 0.001; unit["s"] = 1
			unit["min"] = 60; unit["h"] = 3600 }
		{ for (i = 1; i < NF - 1; i++) if ($i == word) {
			sub("[;,].*", "", $(i + 2)); print $(i + 1) * unit[$(i + 2)] } }' out
}

@test "run -- CMD: the plan and its budget count on the time CMD takes" {
	check 0 "$command" run --dry-run -q --heap 0 -s clone_vm -- sleep 0.1
	says out "The command was tried once and took "
	# In each of 13 parents 25 by the reference, 5 to warm up and 24 samples;
	# two digits of minutes are right to some 4 %.
	awk -v took="$(seconds_of took)" -v all="$(seconds_of About)" 'BEGIN {
		exit !(took >= 0.1 && all > 665 * took && all < 755 * took) }' ||
		{ cat out; false; }
	refused 2 "run --budget 1" "or a command of " run --heap 0 -s clone_vm \
		-q --budget 1 --out run -- sleep 0.1
	says err "or measure fewer heaps, or a command of "
	refused 2 "run --budget 1" "take --quick, " run --dry-run --heap 0 \
		-s clone_vm --budget 1 -- sleep 0.1
	[ ! -e run ]
	check 0 "$command" run --dry-run -q --heap 0 -s clone_vm
	run grep "The command" out
	[ "$status" -eq 1 ]
}

@test "run with options of CMD and no -- says where they go" {
	refused 2 "read option '--version': there is no such option" \
		"Options of a command to measure go after a --." \
		run -q git --version
	refused 2 "read option '-l': " "go after a --." run -q ls -l
	refused 2 "read option '--budge" "go after a --." run --budgett 1
	refused 2 "read option '--version'" "lists the options." list --version
}

@test "run --dry-run tries CMD once, and refuses one that fails" {
	refused 2 "measure spawns of $(type -P sh): it ended with status 3" \
		"after --" run --dry-run -q -- sh -c 'exit 3'
	check 0 "$command" run --dry-run -q --heap 0 -- sh -c 'echo >>tries'
	says out "The command was tried once and took "
	[ "$(wc -l <tries)" -eq 1 ]
}

@test "run --dry-run tells the plan where nothing can be written" {
	check 0 sh -c 'cd /proc && exec "$@"' sh "$command" run --dry-run \
		--heap 0
	says out "Plan: "
	says err "The run itself would need --out DIR: ./spawnwise-"
}

@test "run -- CMD: found in PATH, with its arguments, by every strategy" {
	check 0 "$command" run "${few[@]}" --heap 0 --out run -- \
		sh -c '[ "$1:$#" = "two words:2" ]' sh 'two words' ''
	run_files run
	[ "$(rows run reap failed | sort -u)" = 0 ]
	[ -z "$(rows run samples ref_ns | grep -x -- -)" ]
	[ "$(rows run start p50_ns | sort -u)" = - ]
	refused 2 "run -- no-such-command: No such file" "a program that exists" \
		run --heap 0 -- no-such-command
	refused 2 "run --child /bin/true and -- true at once" "one of them" \
		run --heap 0 --child /bin/true -- true
	refused 2 "measure spawns of $(type -P sh): it ended with status 5" "after --" \
		run --heap 0 -- sh -c 'exit 5'
}

@test "run --child that is not there or no program is refused" {
	refused 2 "run --child ./absent: No such file or directory" \
		"executable file" run --heap 0 --child ./absent --out run
	refused 2 "run --child /: Permission denied" "executable file" \
		run --heap 0 --child / --out run
	refused 2 "run --child overcommit_memory: Permission denied" \
		"executable file" run --heap 0 --child overcommit_memory
	[ ! -e run ]
}

@test "a run recommends by the heaps that were measured, and no other" {
	addresses_can_be_few
	check 3 bash -c 'ulimit -v 60000 && exec "$@"' - "$command" run \
		--strategy vfork,fork --heap 0,64M --parents 6 --budget 2 \
		--out few
	says out "when the heap is 0 B"
	! grep -q 'when the heap is 64 MiB' out
}
