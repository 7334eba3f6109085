#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# lab oracle, lab frontier: what the kernel refuses, predicted and observed.

load helpers

setup() {
	prepare
	no_other_run
}

teardown() {
	finish
}

# select_rows FILE CONDITION COLUMN...: the columns of the rows for which a
# condition of Python is true, a row a line.
select_rows() {
	python3 - "$@" <<-'PYTHON'
	import csv, sys
	file, condition, *columns = sys.argv[1:]
	for row in csv.DictReader(open(file, newline="")):
	    if eval(f"({condition})", {}, row):
	        print(*(row[column] for column in columns))
	PYTHON
}

# nothing FILE CONDITION: no row is like that.
nothing() {
	local rows
	rows=$(select_rows "$1" "$2" strategy overcommit)
	[ -z "$rows" ] || { echo "$2: $rows"; cat "$1"; return 1; }
}

# without_charts: a folder that has none.
without_charts() { export SPAWNWISE_PLOTS=$scratch; }

# copying: a strategy that asks for the parent's memory again.
copying() {
	"$command" list --csv | grep -w charges_commit | cut -d, -f 1 | head -n 1
}

# reaping COMMAND...: its orphans would be ours; that there are any is an error.
reaping() {
	python3 - "$@" <<-'PYTHON'
	import ctypes, os, subprocess, sys
	ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) # PR_SET_CHILD_SUBREAPER
	status = subprocess.run(sys.argv[1:]).returncode
	try:
	    orphan = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
	    sys.exit(f"an orphan: {orphan}")
	except ChildProcessError:
	    sys.exit(status)
	PYTHON
}

@test "oracle: every strategy is answered as predicted" {
	check 0 reaping "$command" lab oracle --out here --overcommit current
	nothing here/oracle.csv 'agrees != "yes"'
	[ "$(select_rows here/oracle.csv 'memory == "merged"' strategy | wc -l)" \
		-ge 8 ]
	diff out here/oracle.txt
}

@test "oracle: limits of the process are rules like others" {
	addresses_can_be_few
	(ulimit -v 4000000 && check 0 "$command" lab oracle --out here \
		--overcommit current)
	nothing here/oracle.csv 'agrees != "yes"'
	nothing here/oracle.csv 'memory == "large" and
		(stage, observed) != ("map", "ENOMEM")'
	(ulimit -d 1000000 && check 0 "$command" lab frontier --out data \
		--overcommit current)
	nothing data/frontier.csv '(agrees, stopped_by) != ("yes", "rlimit_data")'
}

@test "frontier: under limits of the process it does not speak of RAM" {
	local option
	addresses_can_be_few
	without_charts
	for option in v d; do
		(ulimit -$option 2000000 && check 0 "$command" lab frontier \
			--out here$option --overcommit current)
		nothing here$option/frontier.csv 'agrees != "yes"'
		tr '\n' ' ' <out | grep -q "(ulimit -$option), before the mode"
		run grep -E 'RAM and swap|half of it' out
		[ "$status" -eq 1 ]
	done
}

@test "frontier, oracle: a limit on processes is no answer about memory" {
	local lab
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	users_can_run
	chmod 777 .
	for lab in frontier oracle; do
		# Of a user of its own, who has no other process: the lab, and
		# the parent whose children are refused.
		check 3 setpriv --reuid $((4000000 + $$)) --regid 65534 \
			--clear-groups bash -c 'ulimit -u 2; exec "$@"' - \
			"$command" lab $lab --out $lab --overcommit current
		says out "EAGAIN"
		run grep -E '0 of|report|0 B' out
		[ "$status" -eq 1 ]
	done
	nothing frontier/frontier.csv 'errno == "EAGAIN"'
	nothing oracle/oracle.csv 'agrees == "no" or observed == "EAGAIN"'
	says frontier/frontier.txt "No frontier was measured."
}

@test "oracle: in mode 2 what is not available is not tried" {
	calls_can_be_refused
	without_charts
	echo 2 >"$SPAWNWISE_KNOB"
	check 3 refusing 1 vfork clone3 -- "$command" lab oracle --out here \
		--overcommit current
	[ "$(select_rows here/oracle.csv 'strategy == "vfork"' memory |
		wc -l)" -ge 8 ]
	nothing here/oracle.csv 'strategy == "vfork" and stage == "spawn" and
		not skipped'
}

@test "oracle: memory is refused also where a strategy is not available" {
	calls_can_be_refused
	addresses_can_be_few
	without_charts
	(ulimit -v 4000000 && check 3 refusing 1 set_robust_list -- "$command" \
		lab oracle --out here --overcommit current)
	says here/oracle.txt "It is not available here: EPERM."
	grep -qE '^large .* ENOMEM ' here/oracle.txt
	nothing here/oracle.csv 'stage == "map" and agrees != "yes"'
}

@test "frontier: what nothing refused has no refusal" {
	without_charts
	check 0 "$command" lab frontier --out here --overcommit current
	nothing here/frontier.csv '(probes == "1") != (upper_bytes == "") or
		(upper_bytes, stage, errno).count("") not in (0, 3)'
	[ -n "$(select_rows here/frontier.csv 'probes == "1"' strategy)" ]
}

# Of the file's examples, those that follow its heading.
examples() {
	sed -n "/^## $1\$/,/^## /s/^    //p" "$top/data/README.md"
}

@test "the examples in data/README have the columns of the files" {
	local lab
	without_charts
	for lab in promise frontier oracle; do
		check 0 "$command" lab $lab --out $lab --overcommit current
		[ "$({ head -n 1 $lab/$lab.csv; examples $lab.csv; } |
			awk -F , '{ print NF }' | uniq | wc -l)" -eq 1 ]
	done
}

@test "oracle: in every mode, with what others need left alone" {
	use_real_setting
	room_in_mode_2
	check 3 "$command" lab oracle --out here
	nothing here/oracle.csv 'agrees not in ("yes", "")'
	nothing here/oracle.csv '(agrees == "") != (skipped != "")'
	nothing here/oracle.csv '(memory, overcommit) == ("exhausted", "2") and
		agrees'
	[ "$(select_rows here/oracle.csv agrees strategy | wc -l)" -ge 36 ]
	[ "$(select_rows here/oracle.csv "strategy == '$(copying)' and
		overcommit == '0' and memory in ('merged', 'split')" \
		memory observed)" = $'merged ENOMEM\nsplit ok' ]
	says out "Skipped in mode 2: exhausted."
	[ "$(cat "$setting")" = "$original" ]
}

@test "frontier: it lies where it was predicted" {
	without_charts
	check 0 reaping "$command" lab frontier --out here --overcommit current
	nothing here/frontier.csv 'agrees != "yes" or exact != "yes"'
	nothing here/frontier.csv "strategy == '$(copying)' and
		abs(int(lower_bytes) - int(vmas) *
		(int(ram_bytes) + int(swap_bytes))) > 8192"
	diff out here/frontier.txt
}

@test "frontier: in every mode; strictly, between what works and what not" {
	use_real_setting
	room_in_mode_2
	without_charts
	check 0 "$command" lab frontier --out here
	nothing here/frontier.csv 'agrees != "yes"'
	nothing here/frontier.csv 'overcommit == "2" and not
		int(lower_bytes) < int(predicted_bytes) < int(upper_bytes)'
	[ "$(select_rows here/frontier.csv "strategy == '$(copying)'" \
		overcommit vmas stage | tr '\n' ';')" = \
		"0 1 spawn;0 2 spawn;1 1 ;2 1 spawn;" ]
	[ "$(cat "$setting")" = "$original" ]
}

# chart_of FILE: the folder `here`, with a recorded frontier.csv.
chart_of() {
	command -v gnuplot >/dev/null || skip "no gnuplot"
	mkdir here
	cp "$top/tests/data/oracle/$1" here/frontier.csv
	echo '{}' >here/host.json
}

@test "frontier: its chart says what was found" {
	chart_of frontier_6.1_swap.csv
	check 0 "$command" plot --terminal dumb here
	says out "fork spawns from a heap of at most 614 MiB in mode 0 and 204 MiB"
	says <(tr '\n' ' ' <out) \
		"204 MiB in mode 2, the others from any that is granted"
	says out "no spawn beyond: CommitLimit"
	[ "$(wc -L <out)" -le 100 ]
}

@test "frontier: its chart takes what worked, not what was refused" {
	chart_of frontier_6.18.csv
	check 0 "$command" plot --terminal dumb here
	says out "at most 23.5 GiB in mode 0 and 4.78 GiB in mode 2"
	says out "4.78 GiB to 5.01 GiB"
}

@test "frontier: whatever the lab writes can be drawn" {
	chart_of frontier_6.18.csv
	# No heap worked at all, and none was to be expected; CommitLimit is 0.
	sed -i '/^fork,2/s/5128847360,5379653632,5330224640/0,65536,0/
		s/,12638257152,/,0,/' here/frontier.csv
	check 0 "$command" plot here
	sed -i 1q here/frontier.csv
	refused 1 "plot here: frontier.csv has no rows, so nothing is drawn" \
		".csv files" plot --terminal dumb here
}
