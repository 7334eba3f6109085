#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What compare says of runs whose times are known: they are written here, not
# measured.

load helpers

setup() {
	prepare
}

teardown() {
	finish
}

# make_run DIR PARENTS STRATEGY=NS...: a run of 21 processes, or as many as
# PARENTS; each strategy takes NS nanoseconds, the later processes up to 1 %
# more. NS of "-": every spawn fails.
make_run() {
	local dir=$1 parents=$2
	shift 2
	mkdir "$dir"
	awk -v dir="$dir" -v parents="$parents" -v given="$*" 'BEGIN {
		OFS = ","
		count = split(given, cells, " ")
		samples = dir "/samples.csv"
		plan = dir "/plan.csv"
		place = "0,base,1,0,0,same,0"
		axes = "heap_bytes,backing,vmas,threads,fds,cpu,overcommit"
		print "run_id,cell_id,strategy," axes ",parent,block,sample," \
			"warmup,return_ns,confirm_ns,start_ns,reap_ns," \
			"caller_cpu_ns,ref_ns,errno" >samples
		print "schema,run_id,cell_id,strategy," axes ",commit_bytes," \
			"predicted,creates_nothing,baseline," \
			"copies_page_tables" >plan
		for (c = 1; c <= count; c++) {
			split(cells[c], part, "=")
			print 2, dir, c - 1, part[1], place, 0, "ok", "no", "no",
				part[1] == "fork" ? "yes" : "no" >plan
			for (p = 0; p < parents; p++) for (s = 0; s < 5; s++) {
				ns = int(part[2] * (1 + 0.01 * p / parents))
				if (part[2] == "-")
					print dir, c - 1, part[1], place, p,
						c - 1, s, 0, "", "", "", "", "",
						50000, "ENOMEM" >samples
				else
					print dir, c - 1, part[1], place, p,
						c - 1, s, 0, ns, ns, ns, ns, ns,
						50000, "" >samples
			}
		}
	}'
	"$command" summarise "$dir" >/dev/null 2>&1
}

# verdicts A B ARGUMENTS...: strategy and verdict of each row.
verdicts() {
	"$command" compare "$@" --format csv |
		awk -F , 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
			{ print $at["strategy"], $at["verdict"] }'
}

@test "a cell is faster, slower, the same, refused, or works" {
	make_run a 21 vfork=50000 posix_spawn=60000 broker=70000 fork=- system=9000
	make_run b 21 vfork=40000 posix_spawn=66000 broker=70500 fork=80000 \
		system=- popen=1
	diff <(verdicts a b) - <<-END
	vfork faster
	posix_spawn slower
	broker same
	fork works
	system refused
	END
	check 0 "$command" compare a b
	says out "1 faster, 1 slower, 1 same, 1 refused, 1 works."
	grep -Eq '^0 B, mode 0 +posix_spawn +60.3 µs +66.3 µs +\+10.0 % .* slower$' out
}

@test "what the intervals do not bear is not shown" {
	make_run a 21 vfork=50000 fork=100000
	make_run b 21 vfork=51600 fork=108000
	# 3.2 % is beyond the horizon of 3 %, but not surely; fork has one of 10 %.
	diff <(verdicts a b) <(printf 'vfork unproven\nfork same\n')
	diff <(verdicts a b --horizon 5) <(printf 'vfork same\nfork slower\n')
	make_run few 6 vfork=90000
	[ "$(verdicts a few)" = "vfork slower" ]
	make_run lone 5 vfork=90000
	[ "$(verdicts a lone)" = "vfork unproven" ]
	check 0 "$command" compare a lone
	says out "measure longer, with --precision and --budget."
}

@test "what a run cannot tell is not shown, and is not the same" {
	make_run a 21 vfork=50000
	make_run b 21 vfork=55000
	[ "$(verdicts a b)" = "vfork slower" ]
	# Another heap of b, where the same strategy takes 20 % more.
	awk -F , -v OFS=, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
		{ print }
		NR > 1 { $at["cell_id"] = 1; $at["heap_bytes"] = 4096
			for (name in at) if (name ~ /^quiet.*_ns$/)
				$at[name] *= 1.2
			more = more $0 "\n" }
		END { printf "%s", more }' b/cells.csv >cells
	mv cells b/cells.csv
	[ "$(verdicts a b)" = "vfork unproven" ]
	[ "$(verdicts a b --horizon 20)" = "vfork same" ]
	check 0 "$command" compare a b
	says out "unproven: the interval, or what the runs can tell, allows more"
}

@test "what one run did not come to is neither refused nor works" {
	make_run a 21 vfork=50000 broker=60000
	make_run b 21 vfork=50000 broker=-
	# As after ^C: broker is planned, and was not measured.
	mkdir c
	cp a/plan.csv c
	grep -v broker a/samples.csv >c/samples.csv
	"$command" summarise c >/dev/null 2>&1
	grep -q ',broker,' c/cells.csv
	for pair in "a c" "c a" "b c" "c b"; do
		# shellcheck disable=SC2086
		[ "$(verdicts $pair)" = "vfork same" ]
		# shellcheck disable=SC2086
		check 0 "$command" compare $pair --fail-above 5
	done
	[ "$(verdicts a b)" = "$(printf 'vfork same\nbroker refused')" ]
}

@test "compare --fail-above ends with 3 where B is slower by more, or refused" {
	make_run a 21 vfork=50000 broker=60000
	make_run b 21 vfork=56000 broker=60000
	make_run c 21 vfork=50000 broker=-
	check 0 "$command" compare a b --fail-above 20
	check 3 "$command" compare a b --fail-above 5
	check 0 "$command" compare b a --fail-above 0
	check 3 "$command" compare a c --fail-above 20
	check 0 "$command" compare a c
}

@test "two strategies of a run are compared inside its processes" {
	make_run a 21 vfork=50000 fork=200000
	check 0 "$command" compare a --strategy fork,vfork
	grep -Eq '^0 B, mode 0 +201 µs +50.2 µs +1/4 x +1/4 x +1/4 x +faster$' out
	says out "A: fork"
	[ "$(verdicts a --strategy vfork,fork)" = "fork slower" ]
	refused 2 "compare vfork,popen: no cell that can be" "Name two" \
		compare a --strategy vfork,popen
	for list in vfork , vfork, ,vfork vfork,fork,popen; do
		refused 2 "compare $list" "Give two" \
			compare a --strategy "$list"
	done
}

@test "what differs between the machines is said first" {
	make_run a 21 vfork=50000
	make_run b 21 vfork=50000
	sed 's/50000,$/60000,/' b/samples.csv >samples
	mkdir c
	mv samples c/samples.csv
	cp b/plan.csv c
	"$command" summarise c >/dev/null 2>&1
	"$command" run --dry-run --heap 0 >/dev/null
	python3 - <<-'PYTHON'
	import json
	for name, kernel, memory in ("a", "6.1", 8), ("c", "6.18", 8):
	    host = json.load(open(name + "/host.json"))
	    host["kernel"] = kernel
	    host["memory_bytes"] = memory
	    host["load_1m"] = kernel
	    json.dump(host, open(name + "/host.json", "w"))
	PYTHON
	check 0 "$command" compare a c
	says out 'The machines differ:'
	says out '  kernel: "6.1", then "6.18"'
	"$command" compare a c --format markdown >markdown
	sed -n 3,5p markdown |
		diff - <(printf '%s\n' '- The machines differ:' \
			'  - kernel: "6.1", then "6.18"' '')
	[ "$(grep -c ', then ' out)" -eq 1 ]
	says out "The reference, a bare vfork, took 20 % longer in B: so much is the machine, its kernel, its settings or the program that is spawned"
	check 0 "$command" compare a c --format json
	python3 - <<-'PYTHON'
	import json
	found = json.load(open("out"))
	assert found["differences"] == [
	    {"key": "kernel", "a": "6.1", "b": "6.18"}], found
	assert found["reference_ratio"] == 1.2
	assert found["cells"][0]["verdict"] == "same"
	assert found["cells"][0]["run_id"] == "b"
	PYTHON
	rm c/host.json
	check 0 "$command" compare a c
	says err "What the machines differ in is not known: c/host.json: "
}

@test "compare --format and --out: the same rows, and a chart" {
	make_run a 21 vfork=50000 fork=200000 broker=-
	make_run b 21 vfork=60000 fork=200000 broker=70000
	check 0 "$command" compare a b --out made
	[ -s made/compare.svg ]
	[ -s made/compare.png ]
	grep -q 'B against A: 1 slower, 1 the same, 1 no longer refused' \
		made/compare.svg
	check 0 "$command" compare a b --format csv
	diff out made/compare.csv
	check 0 "$command" compare a b --format markdown
	grep -qxF '| 0 B, mode 0 | vfork | 50.2 µs | 60.3 µs | +20.0 % | +19.5 % | +20.5 % | slower |' out ||
		{ cat out; false; }
	check 0 "$command" plot made --terminal dumb
	says out "B against A: 1 slower"
}

@test "a chart tells its rows apart, and shows the slowest when they are many" {
	make_run a 21 vfork=50000 fork=-
	make_run b 21 vfork=60000 fork=-
	check 0 "$command" compare a b --out made
	# Cells that differ by their heap and by how their parents were.
	awk -F , -v OFS=, 'NR == 1 { print }
		NR > 1 { for (i = 0; i < 900; i++) {
			$5 = i * 1048576; $15 = 1 + i / 1000; $19 = "slower"; print
		} $6 = "thp"; $8 = 4; $10 = "split"; print }' \
		made/compare.csv >many
	mv many made/compare.csv
	timeout 60 "$command" plot made --terminal dumb >out
	says out "B against A: 901 slower"
	says out "+89.9 %  vfork, 899 MiB, mode 0, backing thp, cpu split, threads 4"
	[ "$(grep -c " vfork, 8.. MiB, mode 0" out)" -eq 60 ]
	check 0 timeout 60 "$command" plot made
	grep -q '; the 60 slowest of 901<' made/compare.svg
	# Without a row there is nothing to draw at all.
	make_run c 21 vfork=-
	check 0 "$command" compare a c --out none
	! grep -q '>0.5<' none/compare.svg || false
	says none/compare.svg "B against A: 1 refused"
}

@test "a large difference keeps its digits in table, file and chart" {
	make_run a 21 vfork=50000 fork=200000000
	check 0 "$command" compare a --strategy fork,vfork --out made
	grep -Eq ' 1/4000 x +1/4[0-9]* x +1/[34][0-9]* x +faster$' out || { cat out; false; }
	grep -q ',0.000250,0.0002[0-9]*,0.0002[0-9]*,' made/compare.csv
	grep -q '>1/4000<' made/compare.svg
}

@test "a run of schema 1 has the strategies of this build" {
	local old=$BATS_TEST_DIRNAME/data/schema1
	check 0 "$command" compare "$old" "$old" --format csv
	grep -q ',fork,.*,0.1000,' out
	grep -q ',vfork,.*,0.0[0-9]*,' out
	! grep null out || false
	make_run new 21 vfork=40000
	check 0 "$command" compare "$old" new
	says err "data/schema1 has no quiet times: its medians, which are higher"
	[ "$(wc -l <err)" -eq 1 ]
}

@test "compare --format benchstat is what tools for Go's benchmarks read" {
	make_run a 21 vfork=50000 null=80
	make_run b 7 vfork=60000
	check 0 "$command" compare a b --format benchstat
	diff <(grep : out) <(printf 'run: %s\n' a b)
	[ "$(grep -cxE 'BenchmarkSpawn/strategy=vfork/heap=0/overcommit=0 1 50[0-9]{3} ns/op' out)" -eq 21 ]
	[ "$(grep -c ' 60[0-9]* ns/op$' out)" -eq 7 ]
	refused 2 "compare --format benchstat in one run" "Name two runs" \
		compare a --strategy vfork,null --format benchstat
	rm b/samples.csv
	check 2 "$command" compare a b --format benchstat
	says err "cannot read run b: samples.csv: No such file"
}

@test "what cannot be compared is refused in one line" {
	make_run a 21 vfork=50000
	make_run b 21 fork=50000
	make_run c 21 fork=-
	for other in a c; do
		refused 2 "compare the runs: no cell that can be compared is in both" \
			"Measure what works" compare c "$other"
	done
	refused 2 "compare: it takes two runs" "compare A B" compare a
	refused 2 "compare: it takes two runs" "compare A B" \
		compare a b --strategy vfork,fork
	refused 2 "read run gone: cells.csv: No such file" "Name the folder" compare a gone
	refused 2 "compare --horizon 0" "from 1 to 100" compare a b --horizon 0
	head -c -20 a/cells.csv >cut
	mv cut a/cells.csv
	refused 2 "read run a: cells.csv: line 6 is cut off" "Name the folder" compare a a
}
