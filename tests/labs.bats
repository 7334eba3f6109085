#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# lab: experiments on promised memory, safe for the machine and predicted.

load helpers

setup() {
	prepare
	no_other_run
	export SPAWNWISE_PLOTS=$scratch # has no charts, whose drawing takes long
}

teardown() {
	finish
}

# with_charts: those of the project.
with_charts() {
	command -v gnuplot >/dev/null || skip "no gnuplot"
	unset SPAWNWISE_PLOTS
}

# column FILE NAME: the values of a CSV column, below each other.
column() {
	awk -F , -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
		NR > 1 { print $at[name] }' "$1"
}

# near PERCENT ONE OTHER
near() {
	awk -v p="$1" -v a="$2" -v b="$3" \
		'BEGIN { d = a - b; exit !((d < 0 ? -d : d) <= b * p / 100) }'
}

@test "lab lists the labs, and knows what is misspelt" {
	run "$command" lab
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "promise "* ]]
	run "$command" lab promises
	[ "$status" -eq 2 ]
	[[ $output == *"Did you mean 'promise'?"* ]]
}

@test "lab says which modes there are, and what stands alone" {
	refused 2 'run --overcommit 3: "3" is out of range' "or a list: 0,2" \
		lab promise --overcommit 3
	refused 2 'run --overcommit 0,current,1: "current" is not a whole number' \
		"alone" lab promise -m 0,current,1
	refused 2 'run --overcommit all,2: "all" is not a whole number' "alone" \
		lab promise -m all,2
	refused 2 'run --overcommit 0,0: "0" is there twice' "once" \
		lab promise -m 0,0
	for option in --alone "--overcommit current"; do
		refused 2 "run lab touch ${option% *}: it is done in the mode" \
			"Leave the option out" lab touch $option
		refused 2 "run lab ${option% *}: no lab is named" \
			"lists them" lab $option
	done
	refused 2 "run lab --out: no lab is named" "lists them" lab --out here
}

@test "where nothing can be opened, no killed run is blamed" {
	check 1 sh -c 'exec 3>&- && ulimit -n 4 && exec "$@"' - \
		"$command" lab promise --out here
	says err "cannot see whether a killed run left an overcommit mode behind"
	says err "ulimit -n"
	[ ! -e here ]
}

@test "promise: malloc promises what the rules say" {
	keep_setting -x # the lab of another test commits as much
	check 0 "$command" lab promise --out here --overcommit current
	[ "$(column here/promise.csv stopped_by)" = address_space ]
	near 1 "$(column here/promise.csv promised_bytes)" \
		"$(column here/promise.csv predicted_bytes)"
	near 1 "$(column here/promise.csv committed_bytes)" \
		"$(column here/promise.csv promised_bytes)"
	near 1 "$(column here/promise.csv largest_bytes)" \
		"$(column here/promise.csv largest_predicted_bytes)"
	diff out here/promise.txt
	[ -s here/host.json ]
}

@test "a lab's text keeps to the width of a terminal" {
	command -v script >/dev/null || skip "script(1) is not installed"
	check 0 env TERM=dumb script -qec "stty cols 60; $command_word lab promise \
		--out here --overcommit current" /dev/null
	# The table has its own width.
	if grep -E '^.{61}' here/promise.txt | grep -v '  '; then return 1; fi
	grep -Eq '^.{50,60}$' here/promise.txt
	diff <(tr -d '\r' <out | grep -v '^Drew\|^The results') here/promise.txt
}

@test "promise: an address limit is told from the address space" {
	addresses_can_be_few
	(ulimit -v 4000000 && check 0 "$command" lab promise --out here \
		--overcommit current)
	[ "$(column here/promise.csv stopped_by)" = rlimit_as ]
	near 1 "$(column here/promise.csv promised_bytes)" \
		"$(column here/promise.csv predicted_bytes)"
}

@test "promise: limits of the process are what the text and the chart name" {
	local option
	addresses_can_be_few
	for option in v d; do
		(ulimit -$option 2000000 && check 0 "$command" lab promise \
			--out here$option --overcommit current)
		near 1 "$(column here$option/promise.csv promised_bytes)" \
			"$(column here$option/promise.csv predicted_bytes)"
		run grep -E 'not limited|times what' out
		[ "$status" -eq 1 ]
	done
	[ "$(column hered/promise.csv stopped_by)" = rlimit_data ]
	tr '\n' ' ' <out | grep -q 'RLIMIT_DATA (ulimit -d) stopped it at 1.91'
	with_charts
	check 0 "$command" plot --terminal dumb hered
	says out "is promised 1.91 GiB, and then stopped by RLIMIT_DATA"
}

@test "promise: text and chart round alike" {
	check 0 "$command" lab promise --out here --overcommit current
	times=$(tr '\n' ' ' <out | grep -o '[0-9,]* times what')
	with_charts
	check 0 "$command" plot --terminal dumb here
	says out ", ${times% what} the RAM"
}

@test "promise: in every mode, and the setting is back" {
	use_real_setting
	room_in_mode_2
	check 0 "$command" lab promise --out here
	[ "$(column here/promise.csv overcommit | tr '\n' ' ')" = "0 1 2 " ]
	[ "$(column here/promise.csv stopped_by | tail -n 1)" = room_for_others ]
	[ "$(cat /proc/sys/vm/overcommit_memory)" = "$original" ]
}

@test "promise: mode 2 is not held where it would stop everybody" {
	unset SPAWNWISE_PLOTS
	use_real_setting
	[ "$original" -eq 0 ] || skip "needs mode 0, to promise more than there is"
	# Addresses, no memory: nothing of it is written to.
	python3 - 3>&- 9>&- <<-'PYTHON' &
	import mmap, time
	def kbytes(key):
	    lines = dict(line.split(":") for line in open("/proc/meminfo"))
	    return int(lines[key].split()[0])
	size = kbytes("MemTotal") * 512
	held = []
	while kbytes("Committed_AS") < kbytes("CommitLimit"):
	    held.append(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE))
	print("here", file=open("ready", "w"))
	time.sleep(60)
	PYTHON
	hog=$!
	within 10 grep -qs . ready
	check 3 "$command" lab promise --out here || { kill -KILL $hog; false; }
	check 3 "$command" lab oracle --overcommit 2 --out none ||
		{ kill -KILL $hog; false; }
	check 3 "$command" lab promise --overcommit 2 --out empty ||
		{ kill -KILL $hog; false; }
	says err "There is no chart: promise.csv has no rows, so nothing is drawn."
	kill -KILL $hog
	[ "$(column here/promise.csv overcommit | tr '\n' ' ')" = "0 1 " ]
	says here/promise.txt "Skipped: mode 2. Mode 2 would leave less than"
	says none/oracle.txt "Skipped: mode 2."
	[ "$(wc -l <none/oracle.csv)" -eq 1 ]
	[ "$(cat "$setting")" = "$original" ]
}

@test "a lab that was stopped (^Z) asks again, and goes on" {
	env --default-signal=INT,QUIT,TSTP,HUP,TERM setsid "$command" \
		lab promise --overcommit 0,1 --out here >out 2>err 3>&- 9>&- &
	runner=$!
	within 5 group_exists
	stop_in_window "-$runner"
	within 3 has_mode 0 # the window closes without it
	kill -CONT "-$runner"
	end_run 0
	[ "$(column here/promise.csv overcommit | tr '\n' ' ')" = "0 1 " ]
	near 1 "$(column here/promise.csv promised_bytes | tail -n 1)" \
		"$(column here/promise.csv predicted_bytes | tail -n 1)"
	has_mode 0
}

# Windows are short: in each that is met the mode becomes another, until one is
# lost by it.
spoil_windows() {
	while kill -0 "$runner" 2>/dev/null; do
		read -r mode <"$SPAWNWISE_KNOB" || true
		[ "$mode" != 1 ] || printf 2 1<>"$SPAWNWISE_KNOB"
	done
}

@test "a lab that fails midway tells what it has found" {
	"$command" lab frontier --overcommit 0,1 --out here >out 2>err 3>&- 9>&- &
	runner=$!
	spoil_windows
	end_run 1
	says err "in overcommit mode 1"
	says out "Mode 0"
	diff out here/frontier.txt
}

# A test of those needs a memory control group. The first one tries it, by a lab
# that leaves its results in $probe.
groups_can_be_made() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	probe=$BATS_FILE_TMPDIR/probe
	[ ! -e "$probe/touch.txt" ] || return 0
	"$command" lab touch --out "$probe" >/dev/null 2>err ||
		skip "$(sed -n 's/^spawnwise: cannot //p' err)"
}

# no_group_is_left: of the name that ours have, spawnwise-PID-N, none whose
# command has ended. Others on this machine may be at work.
no_group_is_left() {
	local group pid
	while read -r group; do
		pid=${group##*/spawnwise-}
		[ -e "/proc/${pid%-*}" ] || {
			echo "$group is left"
			return 1
		}
	done < <(find /sys/fs/cgroup -name 'spawnwise-*[0-9]-*[0-9]')
}

@test "touch: the promise is kept until the group is full, then one dies" {
	groups_can_be_made
	near 1 "$(column "$probe/touch.csv" touched_bytes | tail -n 1)" \
		"$(column "$probe/touch.csv" limit_bytes | tail -n 1)"
	[ "$(column "$probe/touch.csv" event | tail -n 1)" = oom_kill ]
	grep -q 'killed the process with signal 9' "$probe/touch.txt"
	no_group_is_left
}

@test "touch: what was refused is nowhere called promised" {
	addresses_can_be_few
	groups_can_be_made
	(ulimit -v 300000 && check 0 "$command" lab touch --out here)
	[ "$(column here/touch.csv event | tail -n 1)" = refused ]
	says out "The answer was no"
	with_charts
	check 0 "$command" plot here
	says here/touch.svg "the request for 1 GiB was refused"
	run grep -E "promised, |first write" here/touch.svg
	[ "$status" -eq 1 ]
}

@test "oom: scores, what children inherit and who is killed are as predicted" {
	groups_can_be_made
	check 0 "$command" lab oom --out here
	[ "$(column here/oom.csv agrees | sort -u)" = yes ]
	[ "$(column here/oom.csv part | uniq | tr '\n' ' ')" = \
		"score inherit kill " ]
	[ "$(awk -F , '$1 == "kill" && $2 != "whole" { print $12 }' here/oom.csv |
		tr '\n' ' ')" = "raised growing " ]
	# Nice, being root and children change no score by more than a point.
	awk -F , '$1 == "score" && $4 == 0 && $7 > 64 * 1024 * 1024 {
		if (n++ && ($12 - first > 1 || first - $12 > 1)) exit 1
		first = $12
	}' here/oom.csv
	no_group_is_left
}

@test "oom: without a group scores are told, and nobody is killed" {
	users_can_run
	chmod 777 .
	check 3 as_user "$command" lab oom --out here
	says out "Nobody was driven out of memory"
	tr '\n' ' ' <out | grep -q 'may not make a memory control group: '
	[ "$(column here/oom.csv agrees | sort -u)" = yes ]
	[ "$(column here/oom.csv part | uniq | tr '\n' ' ')" = "score inherit " ]
}

@test "victim: who dies is who was predicted, for every strategy" {
	groups_can_be_made
	check 0 "$command" lab victim --out here
	[ "$(column here/victim.csv agrees | sort -u)" = yes ]
	[ "$(column here/victim.csv observed | sort -u | tr '\n' ' ')" = \
		"child nobody parent refused " ]
	no_group_is_left
}

@test "harm: a stall is reported, and charged to every write that it delayed" {
	[ "$(nproc)" -gt 1 ] || skip "needs two CPUs"
	"$command" lab harm --heap 16M --rate 10 --seconds 1 --out here \
		>out 2>err 3>&- 9>&- &
	lab=$!
	worker() { worker=$(cat "/proc/$lab/task/$lab/children") && [ "$worker" ]; }
	within 10 worker
	pause 1.3 # a second of it is without spawns
	kill -STOP ${worker%% *}
	pause 0.5
	kill -CONT ${worker%% *}
	wait "$lab"
	python3 - <<-'PYTHON'
	import csv
	rows = list(csv.DictReader(open("here/harm.csv")))
	assert len(rows) == 6, rows
	for row in rows:
	    ns = {k[:-3]: int(v) for k, v in row.items() if k.endswith("_ns")}
	    assert int(row["spawns"]) == 10 and row["failed"] == "0", row
	    for kind in "quiet", "stall", "service":
	        marks = [ns[f"{kind}_{q}"] for q in "p50 p90 p99 p999 max".split()]
	        assert marks == sorted(marks) and marks[0] > 0, row
	    if row is rows[0]: # half of the second it stood still
	        assert ns["stall_max"] >= 0.95 * 500e6, row
	        assert ns["stall_p90"] >= 0.3 * 500e6, row
	        assert ns["service_p99"] < ns["stall_p90"] / 10, row
	PYTHON
	says out "copies page tables"
	diff out here/harm.txt
}

@test "harm: its options are its own, and it needs two CPUs" {
	refused 2 "run lab promise --rate: it spawns at no rate" \
		"\`spawnwise lab harm\` has that option" lab promise --rate 5
	refused 2 "run lab harm --alone: it is done in the mode" "Leave the" \
		lab harm --alone
	refused 2 "lab --rate 0: it is out of range" "from 1 to 10000" \
		lab harm --rate 0
	command -v taskset >/dev/null || skip "no taskset"
	allowed=$(taskset -cp $$ | sed 's/.*: //')
	check 3 taskset -c "${allowed%%[-,]*}" "$command" lab harm --heap 16M \
		--seconds 1 --out here
	says out "It takes two CPUs, one for the bystander alone."
}

@test "without a group nothing dangerous is done" {
	users_can_run
	chmod 777 .
	run as_user "$command" lab touch --out here
	[ "$status" -eq 1 ]
	[[ $output == *"cannot begin: this user may not make a memory control group: "* ]]
	[[ $output == *"Nothing was done"* ]]
	[ ! -e here ]
}

@test "a lab that is stopped gives the mode back soon" {
	use_real_setting
	room_in_mode_2
	"$command" lab frontier --out here >out 2>err 3>&- 9>&- &
	runner=$!
	stop_in_window "$runner"
	within 4 has_mode "$original"
	kill -CONT "$runner"
	status=0
	wait "$runner" || status=$?
	# Other tests' commits may have moved.
	[ "$status" -eq 0 ] || tr '\n' ' ' <out | grep "that proves nothing"
	[ "$(column here/frontier.csv overcommit | sort -u | wc -l)" -eq 3 ]
	has_mode "$original"
}

@test "a lab that is interrupted keeps its rows, or leaves nothing" {
	for moment in .05 1; do
		"$command" lab oracle --out here --overcommit current \
			>out 2>err 3>&- 9>&- &
		runner=$!
		pause $moment
		kill -TERM "$runner" 2>/dev/null || true
		status=0
		wait "$runner" || status=$?
		if [ -e here ]; then
			[ "$(wc -l <here/oracle.csv)" -gt 1 ]
		elif [ $status -ne 143 ]; then # before it began at all
			says err "interrupted before the first row"
		fi
		[[ $status == @(0|3|130|143) ]]
		rm -rf here
	done
}

@test "a folder that was there stays, also when the lab cannot begin" {
	users_can_run
	chmod 777 .
	mkdir -m 777 given
	check 1 as_user "$command" lab touch --out given
	[ -z "$(ls -A given)" ]
	check 1 as_user "$command" lab touch --out made
	[ ! -e made ]
	"$command" lab oracle --out given --overcommit current \
		>out 2>err 3>&- 9>&- &
	runner=$!
	within 5 grep -qs . given/oracle.csv
	kill -TERM "$runner"
	end_run 130
	[ -d given ]
}

@test "a closed or full stdout is an error, and the files are there" {
	local redirection
	for redirection in '>&-' '2>&- >&- <&-' '>/dev/full'; do
		check 1 bash -c "\"\$@\" 3>&2 $redirection 2>&3" - "$command" \
			lab promise --out here --overcommit current
		says err "cannot write standard output: "
		[ "$(wc -l <here/promise.csv)" -eq 2 ]
		grep -q "^None of it is memory yet" here/promise.txt
		grep -q '"run_id"' here/host.json
		rm -r here
	done
}

@test "who closes a pipe early finds all in the files" {
	local disposition chart
	unset SPAWNWISE_PLOTS
	for disposition in default ignore; do
		env --$disposition-signal=PIPE "$command" lab promise --out here \
			--overcommit current 2>err | true
		grep -q "^None of it is memory yet" here/promise.txt
		grep -q '"run_id"' here/host.json
		for chart in svg png; do
			[ -s here/promise.$chart ] || ! command -v gnuplot
		done
		rm -r here
	done
	says err "write standard output: Broken pipe"
}

@test "a lab that fails midway says where its rows are" {
	addresses_can_be_few
	(ulimit -d 50000 && check 1 "$command" lab oom --out here)
	says err "The rows until then are in here/oom.csv."
	[ "$(wc -l <here/oom.csv)" -gt 1 ]
	[ ! -e here/oom.txt ] || [ -s here/oom.txt ]
	[ -s here/host.json ]
}

@test "a full disk cuts no row" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	unshare -m true 2>/dev/null || skip "needs mount namespaces"
	mkdir small
	unshare -m sh -ec 'mount -t tmpfs -o size=4k small small
		"$1" lab oracle --overcommit current --out small/here \
			2>err || echo $? >status
		cp small/here/* .' - "$command" >out
	[ "$(cat status)" -eq 1 ]
	says err "No space left on device"
	says err "The rows until then are in small/here/oracle.csv."
	[ "$(tail -c 1 oracle.csv | od -An -c | tr -d ' ')" = '\n' ]
	[ "$(awk -F , '{ print NF }' oracle.csv | sort -u | wc -l)" -eq 1 ]
	[ ! -e oracle.txt ]
}

@test "interrupted at its chart, a lab has all" {
	with_charts
	mkdir slow
	# It draws until the signal is there, however busy the machine is.
	printf '#!/bin/sh\n: >drawing\nuntil [ -e go ]; do sleep 0.02; done\n' \
		>slow/gnuplot
	chmod +x slow/gnuplot
	PATH=$PWD/slow:$PATH "$command" lab promise --out here \
		--overcommit current >out 2>err 3>&- 9>&- &
	runner=$!
	within 10 test -e drawing
	kill -TERM "$runner"
	: >go
	end_run 130
	says err "what was found is in here, perhaps without a chart"
	grep -q "^None of it is memory yet" here/promise.txt
}

@test "a lab does not write over another one's results" {
	check 0 "$command" lab promise --out here --overcommit current
	run "$command" lab promise --out here --overcommit current
	[ "$status" -eq 2 ]
	[[ ${lines[0]} == *"it holds promise.csv already" ]]
}
