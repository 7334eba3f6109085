# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the tests of measuring share: the command, a scratch folder with a
# stand-in for the kernel's setting, waiting, and the look at a run's files.

# What makes a run short: processes and samples that are enough for a test.
# shellcheck disable=SC2034
few=(--quick --parents 6)

# Call it in setup(), and finish in teardown(). Tests then stand in a folder of
# their own, which every user may enter, and never touch the machine's setting
# unless they say use_real_setting. Nobody else does meanwhile: in mode 2, with
# all promised, every fork is refused and so is every file of a tmpfs.
# bats follows each command, which takes a third of a millisecond: from here on
# those of the test itself, and not those of the functions that it calls.
prepare() {
	set +T
	prepare_scratch
}

# mkdir, which fails if the folder is there, does what mktemp and chmod would.
prepare_scratch() {
	cd "${BASH_SOURCE[0]%/*}/.." || return 1
	top=$PWD
	command=${SPAWNWISE:-$top/build/spawnwise}
	cd "$OLDPWD" || return 1
	scratch=${TMPDIR:-/tmp}/spawnwise-test.$BASHPID.${EPOCHREALTIME/[.,]/}
	printf -v command_word %q "$command" # for a line of a shell
	unset NO_COLOR
	export SPAWNWISE_KNOB=$scratch/overcommit_memory
	export SPAWNWISE_STATE_DIR=$scratch/state
	mkdir -m 755 "$scratch" "$SPAWNWISE_STATE_DIR" || return 1
	echo 0 >"$SPAWNWISE_KNOB"
	mkfifo "$scratch/.never"
	cd "$scratch" || return 1
	# Not in setup_file(): a test that asked again would wait for whoever
	# waits for us.
	[ -z "${BATS_TEST_NAME:-}" ] || keep_setting -s
}

# Nothing of a test may outlive it.
finish() {
	local pid
	cd "$scratch" || return 1
	for pid in ${runner:-} $(processes 'spawnwise*'); do
		case $(cat "/proc/$pid/comm" 2>/dev/null) in
		spawnwise-guard) ;; # ends with its runner
		*) kill -KILL "$pid" 2>/dev/null || true ;;
		esac
	done
	cd /
	rm -rf "$scratch" 2>/dev/null || {
		chmod -R u+rwX "$scratch"
		rm -rf "$scratch"
	}
}

# keep_setting -s|-x: until its end the test shares the kernel's own setting,
# and what has been promised under it, with others that want the setting to
# stay, or has it to itself. The lock is on the setting: it is the same for all
# users and every TMPDIR, and every user may open it. That on the ratio is held
# by whoever is next, or those that share would never let one in.
keep_setting() {
	local folder=/proc/sys/vm
	[ -r "$folder/overcommit_memory" ] || return 0
	exec 9<"$folder/overcommit_memory" 8<"$folder/overcommit_ratio"
	flock 8
	flock "$1" 9
	exec 8<&-
	# The conformance list would wait for whoever waits for this test.
	export CONFORMANCE_WITHIN=1
}

# The kernel's own setting; the test is skipped where it cannot be written, and
# waits for others that use it.
use_real_setting() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	unset SPAWNWISE_KNOB SPAWNWISE_STATE_DIR
	setting=/proc/sys/vm/overcommit_memory
	[ -w "$setting" ] || skip "needs a writable $setting"
	keep_setting -x
	no_other_run
	original=$(cat "$setting")
	[ "$original" != 1 ] || skip "needs an overcommit mode other than 1"
}

# no_other_run: the test is skipped beside a run that is none of these tests, in
# whatever container: all lock one inode, that of anonymous files
# (bench/machine/lock.c).
no_other_run() {
	python3 -IS -c 'import ctypes, fcntl, sys
try:
    fcntl.flock(ctypes.CDLL(None).eventfd(0, 0), fcntl.LOCK_SH | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit(1)
except OSError:
    pass' || skip "another run holds the kernel's setting"
}

# room_in_mode_2: the test is skipped where other programs have been promised
# nearly all that mode 2 has to give.
room_in_mode_2() {
	awk '{ kbytes[$1] = $2 }
		END { exit !(kbytes["CommitLimit:"] - kbytes["Committed_AS:"] > \
			kbytes["CommitLimit:"] / 8) }' /proc/meminfo ||
		skip "other programs leave too little for mode 2"
}

# The test is skipped where err tells of a run that is none of its own: one may
# have begun since no_other_run.
skip_beside_others() {
	local pid
	[ -z "${SPAWNWISE_KNOB:-}" ] || return 0
	pid=$(sed -n 's/.*another spawnwise run (pid \([0-9]*\)).*/\1/p' err)
	case ${pid:+$(readlink "/proc/$pid/cwd")} in
	"$scratch"*) ;;
	*) [ -z "$pid" ] || skip "another run holds the kernel's setting" ;;
	esac
}

# check STATUS COMMAND...: runs it, keeping stdout and stderr apart.
check() {
	local expected=$1 status=0
	shift
	"$@" >out 2>err || status=$?
	if [ "$status" -ne "$expected" ]; then
		echo "$*: status $status, not $expected"
		cat out err
		return 1
	fi
}

# refused STATUS REASON CURE ARGUMENTS...: an error is two lines on stderr,
# what could not be done and what to do, and nothing on stdout.
refused() {
	local status=$1 reason=$2 cure=$3
	shift 3
	check "$status" "$command" "$@" || return 1
	grep -qF -- "spawnwise: cannot $reason" err || { cat err; return 1; }
	tail -n 1 err | grep -qF -- "$cure" || { cat err; return 1; }
	[ ! -s out ]
}

# says FILE TEXT: FILE holds TEXT, or it is shown.
says() {
	grep -qF -- "$2" "$1" || { echo "no '$2' in $1:"; cat "$1"; return 1; }
}

# keys_are_documented FILE HEADING: those of a JSON object stand in the part of
# data/README.md that bears this heading.
keys_are_documented() {
	python3 - "$1" "$2" "$top/data/README.md" <<-'PYTHON'
	import json, re, sys
	def keys(value):
	    if isinstance(value, dict):
	        return set(value).union(*map(keys, value.values()))
	    return set().union(*map(keys, value)) if isinstance(value, list) else set()
	manual = open(sys.argv[3]).read()
	part = re.split(r"^#+ ", manual.split("\n" + sys.argv[2] + "\n")[1],
	                flags=re.M)[0]
	lacking = [key for key in sorted(keys(json.load(open(sys.argv[1]))))
	           if f"`{key}`" not in part]
	assert not lacking, lacking
	PYTHON
}

# pause SECONDS: the random moments of faults need one. Without a fork: in a
# window of mode 2 one may be refused, and bash would wait for it for ever.
pause() { read -rt "$1" <>"$scratch/.never" || true; }

# within SECONDS COMMAND...: until COMMAND succeeds. The seconds are those of a
# machine that has a processor for each process that is ready to run, and not
# over before it has looked 20 times in each: a virtual machine may stand still
# without a load of its own.
within() {
	local begin=${EPOCHREALTIME/./} load rest
	local processors=(/sys/devices/system/cpu/cpu[0-9]*)
	local limit=$(($1 * 1000000)) looks=$(($1 * 20))
	shift
	until "$@"; do
		looks=$((looks - 1))
		if [ $looks -lt 0 ] && read -r load rest </proc/loadavg &&
			[ $((${EPOCHREALTIME/./} - begin)) -gt \
				$((limit * (1 + ${load%.*} / ${#processors[@]}))) ]; then
			echo "in vain: $*"
			return 1
		fi
		pause 0.02
	done
}

# A process, the follower, which changes its memory by a step for each row of
# the watch of it. Neither waits for the clock of the other: the pipe holds one
# row (pipe(2), O_DIRECT), which is there until the step is done. So each
# reading comes before its step and after the last but one, however busy the
# machine is; and when the follower is done, two more find room at most.
follower() {
	cat <<-'PYTHON'
	import mmap, os, select, signal, sys
	step = 1 << 20
	rows = os.open("rows", os.O_RDONLY)
	print("here", file=open("ready", "w"))

	# follow(ACT, COUNT): ACT(i) for each row, and then stay, or end.
	def follow(act, count):
	    for i in range(count):
	        select.select([rows], [], [])
	        act(i)
	        os.read(rows, 4096)
	    print("enough", file=open("enough", "w"))
	    while "stay" in sys.argv:
	        signal.pause()
	    os._exit(0) # without freeing anything
	PYTHON
}

# watch_follower SCRIPT [ARGUMENT...]: watches it, until it ends or, where there
# is an argument "stay", says that it is enough. The verdict is in err.
watch_follower() {
	local drain status=0
	rm -f rows ready enough
	mkfifo rows
	{ follower; cat "$1"; } >follower.py
	shift
	exec 7<>rows # so that no row breaks a pipe
	python3 follower.py "$@" 3>&- 7>&- 9>&- &
	pid=$!
	watched+=" $pid"
	within 10 grep -qs . ready
	python3 -c 'import fcntl, os, sys
fcntl.fcntl(1, fcntl.F_SETFL, os.O_DIRECT)
fcntl.fcntl(1, 1031, 4096) # F_SETPIPE_SZ
os.execvp(sys.argv[1], sys.argv[1:])' env --default-signal=INT,PIPE "$command" \
		watch --pid $pid --interval 10ms --csv >rows 2>err \
		3>&- 7>&- 9>&- &
	runner=$!
	within 20 grep -qs . enough
	case " $* " in
	*' stay '*) kill -INT "$runner" ;;
	*) wait "$pid" ;;
	esac
	# It waits to write a row that nobody reads.
	cat <&7 >/dev/null 3>&- 9>&- &
	drain=$!
	exec 7>&-
	wait "$runner" || status=$?
	kill "$drain"
	[ "$status" -eq 0 ] || { cat err; return 1; }
}

# afresh COMMAND...: as if no make and no bats ran it.
afresh() {
	# shellcheck disable=SC2046
	env $(compgen -e | grep -E '^(BATS|MAKE|MFLAGS|SPAWNWISE)' |
		sed 's/^/-u /') PATH="${PATH//"$BATS_LIBEXEC:"/}" "$@"
}

# as_user COMMAND...: as somebody without rights. Root becomes nobody.
as_user() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	else
		"$@"
	fi
}

# A test of limits of memory needs a command that keeps to them.
addresses_can_be_few() {
	! grep -q -e __asan_init -e __tsan_init "$command" ||
		skip "a sanitizer takes all addresses"
}

# make_group BYTES [NAME]: a memory cgroup below our own with a limit, $group, whose
# file is $limit. The caller empties it and removes it.
make_group() {
	local own
	[ "$(id -u)" -eq 0 ] || skip "needs root, to make a memory cgroup"
	own=$(awk -F: '$2 == "memory" { print $3 }' /proc/self/cgroup)
	limit=memory.limit_in_bytes
	group=/sys/fs/cgroup/memory$own
	if [ -z "$own" ]; then
		limit=memory.max
		group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
	fi
	group=${group%/}/spawnwise-test.$$${2-}
	mkdir "$group" 2>/dev/null || {
		group=
		skip "no memory cgroup can be made here"
	}
	echo "$1" >"$group/$limit" 2>/dev/null || {
		rmdir "$group"
		group=
		skip "no memory controller for a new cgroup here"
	}
}

# inside COMMAND...: in that group.
inside() {
	sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" "$@"
}

# A test of those needs a command and a folder that they may use.
users_can_run() {
	users_can_run_here || skip "$command cannot be run without rights"
}
users_can_run_here() { as_user test -x "$command" -a -x .; }

# refusing ERRNO CALL... -- COMMAND...: where system calls are refused, as
# tests/refuse.c says.
refusing() { "$(dirname "$command")/tests/refuse" "$@"; }

# A test that refuses system calls needs the program for it.
calls_can_be_refused() {
	calls_can_be_refused_here ||
		skip "make build/tests/refuse, or no seccomp here"
}
calls_can_be_refused_here() { refusing 1 kcmp -- true 2>/dev/null; }

# start_run ARGUMENTS...: `spawnwise run` in the background, in a session and
# group of its own, with the signals that a terminal would give it. Its pid
# and group is $runner, its files are out, err and ./run.
start_run() {
	env --default-signal=INT,QUIT,TSTP,HUP,TERM setsid \
		"$command" run --out run "$@" >out 2>err 3>&- 9>&- &
	runner=$!
	within 5 group_exists
}

# On a busy machine setsid comes late.
group_exists() { kill -0 -- "-$runner" 2>/dev/null; }

# end_run STATUS: waits for it.
end_run() {
	local status=0
	wait "$runner" || status=$?
	skip_beside_others
	if [ "$status" -ne "$1" ]; then
		echo "run: status $status, not $1"
		cat out err
		return 1
	fi
}

# Pids of live processes named NAME that belong to this test: they work in its
# folder, or are guardians of its state folder.
processes() {
	local file pid
	# Without ps: it reads all of every process, and this is asked often. A
	# process that has ended and was not waited for has no folder to name.
	grep -lsx -e "${1/\*/.*}" /proc/[0-9]*/comm | while read -r file; do
		pid=${file#/proc/}
		pid=${pid%/comm}
		case $(readlink "/proc/$pid/cwd" 2>/dev/null) in
		"$PWD") echo "$pid" ;;
		/) is_our_guardian "/proc/$pid" && echo "$pid" ;;
		esac
	done
	return 0
}

# child_of PID NAME: a child of that name, $child. Without a fork: a process under
# test lives for a tenth of a second, in which pgrep(1) may not get a processor.
child_of() {
	local list pid name
	child=
	for list in "/proc/$1/task"/*/children; do
		read -r list <"$list" || true # no newline ends it
		for pid in $list; do
			read -r name <"/proc/$pid/comm" || continue
			[ "$name" != "$2" ] || child=$pid
		done
	done 2>/dev/null
	if [ ! -e "/proc/$$/task/$$/children" ]; then
		child=$(pgrep -P "$1" -x "$2" | head -n 1)
	fi
	[ -n "$child" ]
}

# kill_child NAME: a child of the runner.
kill_child() { child_of "$runner" "$1" && kill -KILL "$child"; }

# kill_grandchild NAME: a child of the process under test.
kill_grandchild() {
	child_of "$runner" spawnwise-par && child_of "$child" "$1" &&
		kill -KILL "$child"
}

is_our_guardian() {
	local state=${SPAWNWISE_STATE_DIR:-/run/spawnwise}
	find "$1/fd" -maxdepth 1 -lname "$state*" 2>/dev/null | grep -q .
}

no_process() { [ -z "$(processes "$1")" ]; }
has_mode() {
	local mode
	read -r mode <"${setting:-$SPAWNWISE_KNOB}" || true # no newline ends it
	[ "$mode" = "$1" ]
}

# On a busy machine a process goes on for a while after the signal.
is_stopped() { grep -q '^State:[[:space:]]*[Tt]' "/proc/$1/status"; }

# stop_in_window PID or -GROUP: stops it while the mode is not the user's, and
# nobody is about to give that back.
stop_in_window() {
	until ! has_mode "${original:-0}" && kill -STOP "$1" &&
		within 5 is_stopped "${1#-}" && pause 0.05 &&
		! has_mode "${original:-0}"; do
		kill -CONT "$1" || return 1
	done
}

has_samples() {
	{ read -r && read -r; } 2>/dev/null <run/samples.csv
}

# run_files RUN: the four files are there and agree with each other: columns,
# fields in every row, JSON, a row a cell and time, and sums.
run_files() {
	python3 - "$1" <<-'PYTHON'
	import csv, json, sys
	run = sys.argv[1]
	cell = ("strategy,heap_bytes,backing,vmas,threads,fds,cpu,"
	        "overcommit").split(",")
	times = "return,confirm,start,reap,caller_cpu".split(",")
	sample_columns = ["run_id", "cell_id"] + cell + (
	    "parent,block,sample,warmup,return_ns,confirm_ns,start_ns,reap_ns,"
	    "caller_cpu_ns,ref_ns,errno").split(",")
	cell_columns = ["schema", "run_id", "cell_id"] + cell + (
	    "time,parents,ok,failed,errno,errnos,min_ns,p5_ns,p50_ns,p50_lo_ns,"
	    "p50_hi_ns,p95_ns,p99_ns,p999_ns,max_ns,mean_ns,ref_ratio,"
	    "commit_bytes,predicted,observed").split(",")

	def read(name, columns):
	    text = open(f"{run}/{name}", newline="").read()
	    assert text.endswith("\n") and "\r" not in text, name
	    header, *rows = csv.reader(text.splitlines())
	    assert header[:len(columns)] == columns, (name, header)
	    for row in rows:
	        assert len(row) == len(header), (name, row)
	    return [dict(zip(header, row)) for row in rows]

	samples = read("samples.csv", sample_columns)
	rows = read("cells.csv", cell_columns)
	host = json.load(open(f"{run}/host.json"))
	records = json.load(open(f"{run}/gbench.json"))
	assert isinstance(records, list)
	for record in records:
	    assert record["benchmarks"], record
	assert {row["run_id"] for row in samples + rows} <= {host["run_id"]}
	assert len(rows) % len(times) == 0
	assert [row["time"] for row in rows] == times * (len(rows) // 5)
	assert [int(row["cell_id"]) for row in rows] == [
	    i // 5 for i in range(len(rows))]
	keys = {tuple(row[name] for name in ["cell_id"] + cell) for row in rows}
	assert len(keys) == len(rows) // 5
	for sample in samples:
	    assert tuple(sample[n] for n in ["cell_id"] + cell) in keys, sample
	    assert sample["warmup"] in "01"
	    if not sample["errno"]:
	        spans = [int(sample[t + "_ns"]) for t in
	                 ("return", "confirm", "reap")]
	        assert 0 <= spans[0] <= spans[1] <= spans[2], sample
	for row in rows:
	    own = [s for s in samples if s["cell_id"] == row["cell_id"]]
	    good = [s for s in own if s["warmup"] == "0" and not s["errno"]]
	    assert int(row["ok"]) == len(good), row
	    assert int(row["failed"]) == sum(bool(s["errno"]) for s in own), row
	    assert int(row["parents"]) == len({s["parent"] for s in good}), row
	    values = sorted(int(s[row["time"] + "_ns"]) for s in good
	                    if s[row["time"] + "_ns"])
	    if values:
	        assert float(row["min_ns"]) == values[0], row
	        assert float(row["max_ns"]) == values[-1], row
	        mean = sum(values) / len(values)
	        assert abs(float(row["mean_ns"]) - mean) <= 0.001 * mean + 1, row
	        assert bool(row["p99_ns"]) == (len(values) >= 1000), row
	    else:
	        assert not row["p50_ns"], row
	PYTHON
}

# rows RUN TIME COLUMN...: those columns of the rows of cells.csv with that
# time, or of all rows of samples.csv where TIME is "samples".
rows() {
	local file=$1/cells.csv time=$2
	[ "$time" != samples ] || file=$1/samples.csv
	shift 2
	awk -F , -v time="$time" -v names="$*" '
		NR == 1 {
			for (i = 1; i <= NF; i++)
				at[$i] = i
			count = split(names, name, " ")
			if (time != "samples")
				name[0] = "time"
			for (i in name)
				if (!(name[i] in at)) {
					print "no column " name[i] >"/dev/stderr"
					exit 1
				}
			next
		}
		/"/ { print "a quoted field: " $0 >"/dev/stderr"; exit 1 }
		time == "samples" || $at["time"] == time {
			for (i = 1; i <= count; i++) {
				field = $at[name[i]]
				printf "%s%s", field == "" ? "-" : field,
					i < count ? " " : "\n"
			}
		}' "$file"
}

# host RUN KEY: a value of host.json.
host() {
	python3 -c 'import json, sys
print(json.load(open(sys.argv[1] + "/host.json"))[sys.argv[2]])' "$@"
}
