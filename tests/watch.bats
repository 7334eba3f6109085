#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# spawnwise watch: readings, verdicts, and how a watch ends.

load helpers

setup() {
	prepare
	watched=
	group=
}

teardown() {
	for pid in $watched; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	[ -z "$group" ] || within 5 rmdir "$group" 2>/dev/null || true
	finish
}

# sleeper: a process to watch, $pid, which has loaded what it needs.
sleeper() {
	sleep 100 3>&- 9>&- &
	pid=$!
	watched+=" $pid"
	within 5 sleeps $pid
}
sleeps() {
	grep -qx sleep "/proc/$1/comm" && grep -q '^State:.S' "/proc/$1/status"
}

# watch_shape SHAPE READINGS [stay]: of a process whose memory changes by this
# shape.
watch_shape() {
	cat >shape.py <<-'PYTHON'
	shape, count, held = sys.argv[1], int(sys.argv[2]), []

	def hold(count):
	    while len(held) > count:
	        held.pop().close()
	    while len(held) < count:
	        held.append(mmap.mmap(-1, step, flags=mmap.MAP_PRIVATE))
	        held[-1].write(b"x" * step)

	shapes = {
	    "grow": lambda i: i,
	    "teeth": lambda i: 4 * (i % 6),
	    "flat": lambda i: 0,
	    "jump": lambda i: 30 if i > 4 else 6 * i,
	}
	follow(lambda i: hold(shapes[shape](i)), count)
	PYTHON
	watch_follower shape.py "$@"
}

# start_watch ARGUMENTS...: in the background, $runner, as at a terminal.
start_watch() {
	env --default-signal=INT,TERM,HUP "$command" watch "$@" >out 2>err 3>&- 9>&- &
	runner=$!
}
has_row() { [ "$(cat "$1" 2>/dev/null | wc -l)" -gt 1 ]; }
has_rows() { [ "$(cat "$1" 2>/dev/null | wc -l)" -gt 2 ]; }

@test "steady growth is perhaps a leak, and ends at a limit" {
	watch_shape grow 80 stay
	says err "steady growth: perhaps a leak, "
	grep -Eq "reading .* (M|G|T)iB an hour" err
	grep -Eq "left for it: .*, gone in .* at this rate" err
	grep -Eq "^OOM killer +oom_score [0-9]+, oom_score_adj" err
}

@test "of a process that has ended nothing is foretold" {
	watch_shape grow 80
	says err "; then it ended"
	says err "Only hours under load prove a leak."
	grep -Eq "^OOM killer +oom_score .* at last$" err
	if grep -q "left for it\|gone in\|atch on\|kill.* before\|kill.* first\|is never" \
		err; then return 1; fi
	sleeper
	start_watch --pid $pid --interval 10ms --json --out rows.csv
	within 5 has_rows rows.csv
	kill -KILL $pid
	end_run 0
	python3 -c 'import json
found = json.load(open("out"))
assert found["ended"]
assert found["limit_met_in_s"] is None and found["rival"] is None'
}

@test "a file that is read is no leak" {
	[ "$(stat -f -c %T .)" != tmpfs ] || skip "files are shared memory here"
	cat >reader.py <<-'PYTHON'
	open("file", "wb").truncate(80 * step)
	data = mmap.mmap(os.open("file", os.O_RDONLY), 0, prot=mmap.PROT_READ)

	def read(i):
	    for page in range(i * step, (i + 1) * step, 4096):
	        data[page]

	follow(read, 80)
	PYTHON
	watch_follower reader.py stay
	says err "steady growth by mapped files: normal, "
	says err "the kernel can drop: no leak"
	if grep -q "gone in\|perhaps a leak" err; then return 1; fi
}

@test "a process may lose its first thread" {
	python3 - 3>&- 9>&- <<-'PYTHON' &
	import ctypes, threading
	def go_on():
	    print("here", file=open("ready", "w"))
	    threading.Event().wait()
	threading.Thread(target=go_on).start()
	ctypes.CDLL(None).pthread_exit(None)
	PYTHON
	pid=$!
	watched+=" $pid"
	within 10 grep -qs . ready
	within 10 grep -q "^State:.Z" "/proc/$pid/status"
	check 0 "$command" watch --pid $pid --interval 10ms --duration 55ms \
		--out rows.csv
	if grep -q "then it ended" out; then return 1; fi
	awk -F, 'END { exit !(NR > 2 && $2 > 0) }' rows.csv
	[ "$(id -u)" -eq 0 ] || return 0
	check 0 "$command" doctor --pid $pid
	grep -Eq "accountable and copied: [0-9.]+ [MG]iB" out
}

@test "what rises and falls, stays, or jumped first is normal" {
	watch_shape teeth 40
	says err "rises and falls: normal"
	watch_shape flat 30
	says err "flat: normal"
	watch_shape jump 90
	says err "a jump, then flat: start-up"
}

@test "the rows are those of data/README.md" {
	local before after
	sleeper
	read -r before _ </proc/uptime
	check 0 "$command" watch --pid $pid --interval 10ms --duration 55ms \
		--out rows.csv
	read -r after _ </proc/uptime
	says out "too short to say"
	python3 - "$top/data/README.md" "$before" "$after" <<-'PYTHON'
	import csv, re, sys
	manual = open(sys.argv[1]).read()
	rows = list(csv.DictReader(open("rows.csv")))
	header = open("rows.csv").readline().strip()
	assert header in manual, header
	part = manual.split("## The rows of watch", 1)[1]
	for name in header.split(","):
	    assert f"`{name}`" in part, name
	example = [line.strip() for line in part.splitlines()
	           if re.match(r"    \d", line)][0]
	assert len(example.split(",")) == len(header.split(","))
	assert 2 <= len(rows) <= 6, len(rows)
	times = [float(row["time_s"]) for row in rows]
	assert times == sorted(set(times)) and times[0] >= 0
	# They count from the start of the watch; uptime is in hundredths.
	assert times[-1] <= float(sys.argv[3]) - float(sys.argv[2]) + 0.02
	for row in rows:
	    parts = ("anon_bytes", "file_bytes", "shmem_bytes")
	    assert int(row["rss_bytes"]) == sum(int(row[p]) for p in parts) > 0
	    assert int(row["vm_bytes"]) >= int(row["rss_bytes"])
	    assert int(row["available_bytes"]) > 0 and row["oom_score"]
	    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
	                        row["date_utc"])
	PYTHON
}

@test "the first reading comes before an interval has passed" {
	sleeper
	start_watch --pid $pid --interval 1d --out rows.csv
	within 5 has_row rows.csv
	kill -INT "$runner"
	end_run 0
	says out "too short to say"
}

has_begun() { ls -l "/proc/$runner/fd" | grep -q 'anon_inode:.signalfd'; }

@test "a watch has two readings, however late the first one is" {
	sleeper
	mkfifo rows
	exec 7<>rows
	# The pipe is full: the first row has to wait.
	python3 -c 'import os
os.set_blocking(7, False)
try:
    while True: os.write(7, bytes(4096))
except BlockingIOError:
    os.set_blocking(7, True)'
	"$command" watch --pid $pid --interval 10ms --duration 50ms --csv \
		>rows 2>err 3>&- 9>&- 7>&- &
	runner=$!
	within 5 has_begun
	pause 0.1 # the duration passes
	tr -d '\0' <rows >rows.csv 3>&- 9>&- 7>&- &
	watched+=" $!"
	end_run 0
	exec 7>&-
	within 5 has_rows rows.csv
}

@test "a watch ends with its process" {
	sleeper
	start_watch --pid $pid --interval 10ms --out rows.csv
	within 5 has_rows rows.csv
	kill -KILL $pid
	end_run 0
	says out "; then it ended"
	grep -q "^process  *sleep (pid $pid)" out
	# The last row is one of the process, not of what came after it.
	awk -F, 'END { exit !($2 > 0) }' rows.csv
}

@test "without a pidfd the start time tells the end" {
	calls_can_be_refused
	sleeper
	refusing 38 pidfd_open -- "$command" watch --pid $pid --interval 10ms \
		--out rows.csv >out 2>err 3>&- 9>&- &
	runner=$!
	within 5 has_rows rows.csv
	kill -KILL $pid
	end_run 0
	says out "; then it ended"
}

@test "^C is the normal end: the verdict, and 0" {
	for signal in INT TERM HUP; do
		sleeper
		rm -f rows.csv
		start_watch --pid $pid --interval 10ms --out rows.csv
		within 5 has_rows rows.csv
		kill "-$signal" "$runner"
		end_run 0
		grep -q "^reading " out
		! grep -q "then it ended" out || return 1
		[ ! -s err ]
	done
}

@test "a signal that is ignored stays ignored" {
	sleeper
	(trap '' HUP; exec "$command" watch --pid $pid --interval 10ms \
		--out rows.csv) >out 2>err 3>&- 9>&- &
	runner=$!
	within 5 has_rows rows.csv
	kill -HUP "$runner"
	kill -KILL $pid
	end_run 0
	says out "; then it ended"
}

@test "--json says the same for programs" {
	sleeper
	check 0 "$command" watch --pid $pid --interval 10ms --duration 255ms \
		--json
	[ ! -s err ]
	keys_are_documented out "## watch --json"
	python3 - $pid <<-'PYTHON'
	import json, sys
	found = json.load(open("out"))
	assert found["pid"] == int(sys.argv[1]) and found["name"] == "sleep"
	assert found["reading"] in ("flat", "too_short"), found
	assert found["readings"] > 1 and not found["ended"]
	growth = None if found["reading"] == "too_short" else 0
	assert found["growth_bytes_per_hour"] == growth
	assert found["limit_met_in_s"] is None
	assert found["rss_bytes"] <= found["peak_rss_bytes"]
	assert found["machine_room_bytes"] > 0
	PYTHON
}

@test "on a terminal one line is written over" {
	command -v script >/dev/null || skip "script(1) is not installed"
	sleeper
	check 0 env TERM=xterm script -qec \
		"$command_word watch --pid $pid --interval 10ms \
			--duration 255ms" /dev/null
	[ "$(grep -o $'\r'"[0-9]* s: RSS [^"$'\r'"]*oom_score" out | wc -l)" -ge 1 ]
	grep -q $'\r\033\[K' out
	grep -q "flat: normal\|too short" out
}

@test "a dumb terminal gets no escape sequence" {
	command -v script >/dev/null || skip "script(1) is not installed"
	sleeper
	check 0 env TERM=dumb script -qec \
		"$command_word watch --pid $pid --interval 10ms \
			--duration 255ms" /dev/null
	if grep -q $'\033' out; then return 1; fi
	grep -q "flat: normal\|too short" out
}

@test "any user may watch any process" {
	users_can_run
	[ "$(id -u)" -eq 0 ] || skip "needs root, to have another user's process"
	sleeper
	chmod 777 .
	check 0 as_user "$command" watch --pid $pid --interval 10ms \
		--duration 255ms --out rows.csv
	grep -q "flat: normal\|too short" out
	has_rows rows.csv
}

@test "what cannot be watched is named, with a cure" {
	refused 1 "look at process 4194304: there is none" "pgrep" \
		watch --pid 4194304
	refused 2 "read pid '0'" "pgrep" watch --pid 0
	refused 2 "read pid '-1'" "pgrep" watch --pid=-1
	refused 2 "read pid '12x'" "pgrep" watch --pid 12x
	refused 2 "read pid ''" "pgrep" watch --pid ''
	refused 2 "read pid '99999999999999999999'" "pgrep" \
		watch --pid 99999999999999999999
	refused 2 "watch a process: --pid is missing" "--pid" watch
	refused 2 "watch --interval 1us" "100ms" watch --pid $$ --interval 1us
	refused 2 "watch --interval 1ms" "10ms" watch --pid $$ --interval 1ms
	refused 2 "watch --duration soon" "100ms" watch --pid $$ --duration soon
	refused 2 "watch for --duration 1s: the second reading would come" \
		"longer --duration" watch --pid $$ --duration 1s --interval 5s
	refused 2 "watch for --duration 500ms" "shorter --interval" \
		watch --pid $$ --duration 500ms
	refused 2 "watch with --csv beside" "--out FILE" \
		watch --pid $$ --csv --json
	touch rows.csv
	refused 2 "write rows.csv: File exists" "not there yet" \
		watch --pid $$ --out rows.csv
}

@test "a zombie has nothing left to watch" {
	(sleep 200 & echo $! >zombie; exec sleep 100) 3>&- 9>&- &
	watched=$!
	within 5 grep -qx sleep "/proc/$watched/comm"
	pid=$(cat zombie)
	within 5 grep -qx sleep "/proc/$pid/comm"
	kill -KILL "$pid"
	within 5 grep -q "^State:.Z" "/proc/$pid/status"
	refused 1 "look at process $pid: sleep has ended, it is a zombie" \
		"parent" watch --pid "$pid"
}

@test "threads are not processes" {
	python3 - 3>&- 9>&- <<-'PYTHON' &
	import threading
	ended = threading.Event()
	thread = threading.Thread(target=ended.wait, daemon=True)
	thread.start()
	print(thread.native_id, file=open("thread", "w"))
	ended.wait()
	PYTHON
	watched=$!
	within 10 grep -qs . thread
	pid=$(cat thread)
	refused 1 "look at process $pid: it is a thread of process $watched" \
		"--pid $watched" watch --pid "$pid"
	grep -qs "^Kthread:.1\|^Name:.kthreadd" /proc/2/status ||
		skip "no kernel thread is to be seen here"
	refused 1 "look at process 2: kthreadd is a thread of the kernel" \
		"ps -e" watch --pid 2
}

@test "a full disk is an error" {
	[ -w /dev/full ] || skip "there is no /dev/full here"
	sleeper
	status=0
	"$command" watch --pid $pid --csv >/dev/full 2>err || status=$?
	[ "$status" -eq 1 ]
	says err "No space left on device"
}

@test "the limit is that of the process's own group" {
	make_group $((64 << 20))
	sleeper
	echo $pid >"$group/cgroup.procs"
	check 0 "$command" watch --pid $pid --interval 10ms --duration 255ms \
		--out rows.csv
	says out " of 64 MiB used ("
	says out "by $group"
	says out "in its group: nobody else"
	[ "$(awk -F, 'NR == 2 { print $13 }' rows.csv)" -eq $((64 << 20)) ]
	check 0 "$command" watch --pid $pid --interval 10ms --duration 55ms \
		--json
	python3 -c 'import json
group = json.load(open("out"))["cgroup"]
assert group["limit_bytes"] == 64 << 20
assert 0 < group["room_bytes"] <= 64 << 20'
	keys_are_documented out "## watch --json"
	# Ours has no part in it.
	check 0 "$command" doctor --pid $pid
	says out "its cgroup leaves it 6"
	# The reason stands there in full, however deep the group.
	check 0 sh -c 'echo $$ >"$1/cgroup.procs" && exec "$2" doctor' \
		sh "$group" "$command"
	grep -Eq "a run may take .*, half of the .* that cgroup $group leaves below its $limit$" \
		out
}

@test "of a process that has ended, the group is the one it was in" {
	make_group $((64 << 20))
	sleeper
	echo $pid >"$group/cgroup.procs"
	"$command" watch --pid $pid --interval 10ms --json --out rows.csv \
		>out 3>&- 9>&- &
	watch=$!
	within 5 has_row rows.csv
	# Not waited for: a zombie has left its group (version 1).
	kill $pid
	wait $watch
	says out "$group\""
}
