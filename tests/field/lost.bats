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

@test "a gnuplot that sleeps through ^C is not waited for" {
	mkdir bin
	printf '#!/bin/sh\ntrap "" INT\n: >drawing\nexec sleep 100\n' >bin/gnuplot
	chmod +x bin/gnuplot
	PATH=$PWD/bin:$PATH
	start_run "${few[@]}" --heap 0 --strategy fork,vfork
	within 20 test -e drawing
	kill -INT -- "-$runner"
	end_run 130
	says err "gnuplot could not draw"
	run_files run
}

# killed: a run that ended without a word, with samples.
killed() {
	start_run "$@"
	within 10 has_samples
	kill -KILL "$runner"
	within 2 no_process 'spawnwise*'
	end_run 137
}

summarised() { check 0 "$command" summarise "${1:-run}"; }

@test "summarise makes the cells.csv of a run again, byte for byte" {
	check 0 "$command" run "${few[@]}" --heap 0,4M --overcommit 0,1 \
		--strategy null,fork,vfork,posix_spawn --cpu free --out run
	cp -r run before
	rm run/cells.csv
	refused 1 "read run run: it has no cells.csv: the run was killed" \
		'`spawnwise summarise run` makes it from samples.csv.' plot run
	refused 1 "read run run: it has no cells.csv: the run was killed" \
		'`spawnwise summarise run` makes it from samples.csv.' \
		choose --heap 0 --data run
	summarised
	diff -r before run
	diff out <(python3 -c 'import json
print(json.load(open("run/host.json"))["verdict"])')
	says err "samples of 16 cells; draw them with"
	check 0 "$command" choose --heap 0 --data run
}

@test "summarise: cells that were refused or not measured are there again" {
	[ "$(nproc)" -ge 2 ] || skip "needs two CPUs"
	status=0
	"$command" run "${few[@]}" --heap 0,1M --backing untouched,thp \
		--cpu split,free --strategy posix_spawn,vfork --out run \
		>out 2>err || status=$?
	cp run/cells.csv before
	rm run/cells.csv
	summarised
	diff before run/cells.csv
	rows run reap strategy cpu observed | grep -qx 'posix_spawn split ENOTSUP'
}

@test "summarise after SIGKILL: all samples, all cells, the machine" {
	killed --heap 0,1M --strategy fork,vfork --parents 1000
	[ ! -e run/cells.csv ]
	[ "$(host run verdict)" = None ]
	check 0 "$command" list
	cp run/samples.csv samples
	summarised
	run_files run
	diff samples run/samples.csv
	[ "$(wc -l <run/cells.csv)" -eq 21 ]
	[ "$(host run interrupted)" = True ]
	[ "$(host run blocks_disturbed)" = None ]
	[ "$(host run kernel)" = "$(uname -r)" ]
	grep -Eq '^(How exact|Nothing|Trust|Differences|Equal|The reference) ' out
	refused 2 "summarise run: it has its cells.csv" "Delete it" \
		summarise run
}

@test "summarise after SIGKILL to all at random moments" {
	for ((try = 0; try < 8; try++)); do
		rm -rf run
		start_run --heap 0,4M --strategy fork,vfork,broker \
			--parents 1000 --overcommit 0,1
		within 10 has_samples
		pause "0.$(printf %03d $((RANDOM % 300)))"
		kill -KILL -- "-$runner"
		within 2 no_process 'spawnwise*'
		end_run 137
		summarised
		! says err "was cut off" >/dev/null || truncate_last_row
		run_files run
	done
}

# Half a row is no row for run_files either.
truncate_last_row() {
	sed -i '$d' run/samples.csv
}

@test "summarise leaves half a last row out, and says so" {
	killed --heap 0 --strategy fork,vfork --parents 1000
	lines=$(wc -l <run/samples.csv)
	truncate -s -7 run/samples.csv
	summarised
	says err "The last row of samples.csv was cut off: it is left out."
	says err "Summed $((lines - 2)) samples of 2 cells"
}

@test "summarise of a run without plan and host.json says what is missing" {
	check 0 "$command" run "${few[@]}" --heap 0 --strategy null,fork,vfork \
		--out run
	cut -d, -f1-29,31 run/cells.csv >before
	rm run/cells.csv run/plan.csv run/host.json
	summarised
	cut -d, -f1-29,31 run/cells.csv >after
	diff <(cut -d, -f1-28 before) <(cut -d, -f1-28 after)
	[ "$(rows run reap predicted commit_bytes | sort -u)" = "- -" ]
	says err "There is no plan.csv: cells without a sample are missing"
	says err "There was no host.json: what it says of the machine is null."
	[ "$(host run kernel)" = None ]
	[ "$(host run cpus)" = "$(nproc --all)" ]
	[ "$(host run run_id)" = "$(rows run samples run_id | sort -u)" ]
	check 0 "$command" plot run --terminal dumb
}

@test "summarise waits for nobody: a run at work is refused" {
	start_run --heap 0 --strategy fork,vfork --parents 1000
	within 10 has_samples
	refused 2 "summarise run: the run is still at work" "Wait for its end" \
		summarise run
	refused 2 "run --resume run: the run is still at work" \
		"Wait for its end" run --resume run
	kill -INT "$runner"
	end_run 130
	rm run/cells.csv
	summarised
}

@test "summarise refuses what is no run, in one clear line" {
	mkdir empty
	bad() {
		refused 2 "summarise $1: $2" "samples.csv" summarise "$1"
		[ "$(wc -l <err)" -eq 2 ]
	}
	bad absent "samples.csv: No such file or directory"
	bad empty "samples.csv: No such file or directory"
	: >empty/samples.csv
	bad empty "samples.csv: it is empty"
	killed --heap 0 --strategy vfork --parents 1000
	cp -r run kept
	head -n 1 kept/samples.csv >run/samples.csv
	rm run/plan.csv
	bad run "samples.csv: it has no rows"
	cp kept/plan.csv run
	sed '2s/,vfork,/,fork,/' kept/samples.csv >run/samples.csv
	bad run 'samples.csv: line 2: cell_id cannot be "0"'
	sed '3s/,0,vfork,/,17,vfork,/' kept/samples.csv >run/samples.csv
	bad run 'samples.csv: line 3: cell_id cannot be "17"'
	rm run/plan.csv
	sed '3s/,0,vfork,/,1999999999,vfork,/' kept/samples.csv >run/samples.csv
	bad run 'samples.csv: line 3: cell_id cannot be "1999999999"'
	sed '3s/,base,/,a b,/' kept/samples.csv >run/samples.csv
	bad run 'samples.csv: line 3: backing cannot be "a b"'
	for change in "1 other run_id" "18 -7 reap_ns" \
		"18 9223372036854775807 reap_ns"; do
		read -r field value name <<<"$change"
		awk -F, -v OFS=, -v field="$field" -v value="$value" \
			'NR == 3 { $field = value } { print }' \
			kept/samples.csv >run/samples.csv
		bad run "samples.csv: line 3: $name cannot be \"$value\""
	done
	echo '}' >run/host.json
	cp kept/samples.csv run
	refused 2 "read run/host.json: line 1" "Delete it" summarise run
	refused 2 "run summarise: RUN is missing" "summarise --help" summarise
	[ ! -e run/cells.csv ]
}

@test "what another program has not finished in the folder is let alone" {
	cp -r "$top/tests/data/run" run
	mkdir run/feasible.svg.part
	check 0 "$command" plot run
	[ -s run/feasible.svg ]
}

@test "a chart is found by its first line, too, and no pipe is waited for" {
	cp -r "$top/tests/data/run" run
	mkdir plots
	mkfifo plots/a.gp
	printf '# reads: cells.csv \r\nset output out\nprint 1\nquit(\n' >plots/b.gp
	check 1 timeout 60 env SPAWNWISE_PLOTS="$PWD/plots" "$command" plot run
	says err "gnuplot could not draw $PWD/plots/b.gp"
}

@test "a pipe is nobody's run" {
	mkdir spawnwise-1
	mkfifo spawnwise-1/cells.csv
	status=0
	timeout 60 "$command" choose --heap 0 >out 2>err || status=$?
	[ $status -le 1 ]
	[ -z "$(grep spawnwise-1 err)" ]
}

@test "a CPU that is taken away in mid-run: a clear line, and what is kept" {
	[ "$(nproc)" -ge 2 ] || skip "needs two CPUs"
	start_run --heap 0 --strategy fork,vfork --parents 1000 --cpu split
	within 10 has_samples
	cpu=$(taskset -cp "$runner" | sed 's/.*: \([0-9]*\).*/\1/')
	taskset -cp "$cpu" "$runner" >/dev/null
	end_run 1
	says err "a CPU that it needs is offline or no longer allowed"
	says err "Bring the CPUs back, or use --cpu free."
	run_files run
}

# on_small_disk SIZE COMMAND...: with a file system of that size in ./small.
on_small_disk() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	unshare -m true 2>/dev/null || skip "needs mount namespaces"
	mkdir -p small
	unshare -m sh -ec 'mount -t tmpfs -o size="$1" small small
		shift; exec "$@"' sh "$@"
}

@test "a full disk leaves whole rows, and the result can be made of them" {
	for size in 64k 100k 200k; do
		check 1 on_small_disk $size sh -c '
			"$1" run --heap 0 --strategy fork,vfork --parents 1000 \
				--out small/run && exit 1
			status=$?
			cp -r small/run "$2"
			exit $status' sh "$command" "$PWD/run"
		says err "No space left on device"
		says err "Make room on the disk"
		[ "$(tail -c 1 run/samples.csv | od -An -c | tr -d ' ')" = '\n' ]
		[ "$(tail -c 1 run/plan.csv | od -An -c | tr -d ' ')" = '\n' ]
		rm -f run/*.part
		[ -e run/cells.csv ] || summarised
		run_files run
		rm -r run
	done
}

# An interrupted run, and then what it has of each cell: strategy, parents.
interrupted_run() {
	start_run --heap 0 --strategy null,vfork,fork --parents 20
	within 10 has_samples
	pause 0.5
	kill -"$1" "$runner"
	wait "$runner" || true
	unset runner
	within 2 no_process 'spawnwise*'
}
per_cell() { rows run reap strategy parents; }

@test "run --resume goes on where an interrupted run ended" {
	for signal in INT KILL; do
		interrupted_run $signal
		before=$(wc -l <run/samples.csv)
		check 0 "$command" run --resume run
		run_files run
		diff <(per_cell) <(printf '%s 20\n' null vfork fork)
		[ "$(host run interrupted)" = False ]
		# Nothing was measured again: at most one block was in the middle.
		[ "$(wc -l <run/samples.csv)" -ge "$before" ]
		[ "$(rows run samples parent cell_id | sort -u | wc -l)" -le 63 ]
		[ "$(cut -d , -f 1 run/samples.csv | sort -u | wc -l)" -eq 2 ]
		python3 -c 'import json
assert len(json.load(open("run/gbench.json"))) >= 10'
		rm -r run
	done
	says err "Written to run."
}

@test "run --resume counts processes that were added before" {
	check 0 "$command" run --heap 0 --strategy null --parents 8 --out run
	[ "$(host run parents_added)" = 0 ]
	# As if six had been asked for, and two more for precision.
	sed -i 's/"8"/"6"/' run/host.json
	check 0 "$command" run --resume run
	[ "$(host run parents_per_state)" = 6 ]
	[ "$(host run parents_added)" = 2 ]
}

@test "run --resume: a cut row, a finished run, and what cannot go on" {
	check 0 "$command" run "${few[@]}" --heap 0 --strategy vfork,null --out run
	head -c -30 run/samples.csv >cut
	mv cut run/samples.csv
	check 0 "$command" run --resume run
	run_files run
	# What is complete is only summed again.
	before=$(cat run/samples.csv)
	check 0 "$command" run --resume run --dry-run
	check 0 "$command" run --resume run
	[ "$before" = "$(cat run/samples.csv)" ]
	refused 2 "run --resume with --heap" "hold anew" \
		run --resume run --heap 0
	refused 2 "run --resume gone: samples.csv: No such" "Name the folder" \
		run --resume gone
	sed -i 's/"vfork,null"/"vfork,fork"/' run/host.json
	refused 2 "run --resume run: its matrix is another one now" "new run" \
		run --resume run
	refused 2 "run --resume run: its matrix is another one now" "new run" \
		run --resume run --dry-run
	sed -i 's/"kernel": "/&2/' run/host.json
	refused 2 "run --resume run: its kernel is another one now" \
		"compare the two" run --resume run
	echo '{}' >run/host.json
	refused 2 "run --resume run: its host.json does not say" "Name the" \
		run --resume run
}
