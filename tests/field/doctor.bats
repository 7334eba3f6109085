#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# "Works here" is said by who has tried it, a cure belongs to what failed, and
# doctor warns of what makes spawning slow, fail or lie.

bats_require_minimum_version 1.5.0

load ../helpers

setup() {
	prepare
	# A sanitizer looks for leaks in /proc, by a process of its own.
	export ASAN_OPTIONS=detect_leaks=0
	data=$top/tests/data/choose
}

teardown() {
	[ -z "${inner:-}" ] || rmdir "$inner" || true
	[ -z "${process:-}" ] || kill "$process" || true
	finish
}

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
	rm -rf only
	mkdir only
	grep -E "^[^,]*,[^,]*,[^,]*,(strategy|$name)," "$data/cells.csv" \
		>only/cells.csv
	check 0 "$command" choose --heap 0 --overcommit 0 --data only
	check 1 "$@" "$command" choose --heap 0 --overcommit 0 --data only
	[ ! -s out ]
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
	check 0 refusing 1 vfork -- "$command" run "${few[@]}" --heap 0 --out run \
		--strategy fork,vfork
	python3 - <<-'PYTHON'
	import csv
	for row in csv.DictReader(open("run/cells.csv")):
	    if row["strategy"] == "vfork":
	        assert (row["predicted"], row["observed"]) == ("EPERM", "EPERM"), row
	PYTHON
	says err "use another strategy, or run outside"
}

@test "the cure of all that are refused alike is told once" {
	calls_can_be_refused
	check 0 refusing 1 clone clone3 -- "$command" doctor
	[ "$(grep -c 'is not available: Operation not permitted' out)" -gt 2 ]
	[ "$(grep -c 'use another strategy, or run outside' out)" -eq 1 ]
}

@test "a strategy that kills who tries it is not available" {
	calls_can_be_refused
	known_refused vfork ENOSYS refusing 0 vfork --
}

@test "without /proc it is said what needs it" {
	! grep -q __asan_init "$command" ||
		skip "AddressSanitizer reads its options in /proc"
	unshare -m true 2>/dev/null || skip "needs a mount namespace of its own"
	cat >without_proc <<-'SH'
	#!/bin/sh
	umount -l /proc && exec "$@"
	SH
	chmod +x without_proc
	known_refused broker ENOTSUP unshare -m ./without_proc
	says err "It needs /proc"
	check 0 timeout 60 unshare -m ./without_proc "$command" list
	[ "$(grep -c 'suspends the caller' out)" -ge 3 ]
	check 0 unshare -m ./without_proc "$command" doctor
	says out "memory        unknown: /proc/meminfo: No such file"
	says out "cgroup        its limits are hidden: it is not mounted here"
	check 7 unshare -m ./without_proc "$command" with vfork -- sh -c 'exit 7'
}

# with_mount COMMANDS COMMAND...: in a mount namespace after these commands.
with_mount() {
	# shellcheck disable=SC2016
	unshare -m sh -c 'eval "$0" && exec "$@"' "$@"
}

@test "without /dev/null all is tried that works" {
	mounts_can_be_made
	"$command" list --csv >usual
	none="mount -t tmpfs none /dev"
	check 0 with_mount "$none" "$command" list --csv
	diff usual out && [ ! -s err ]
	check 1 with_mount "$none" "$command" run --quick --heap 0 --out run \
		-- true
	says err "cannot open /dev/null: No such file or directory"
	check 1 with_mount "$none" sh -c 'exec "$@" <&- >&- 2>&-' sh \
		"$command" run --quick --heap 0 --strategy vfork --out run
	run_files run
}

@test "a /proc without the machine is told so" {
	mounts_can_be_made
	unset SPAWNWISE_KNOB
	check 0 with_mount "umount -lR /proc &&
		mount -t proc -o subset=pid proc /proc" "$command" doctor
	says out "memory        unknown: /proc/meminfo: No such file"
	says out "/proc/sys is not mounted here: run where it is"
}

@test "a number that /proc has for another process is none of ours" {
	unshare -p -f true 2>/dev/null || skip "needs a pid namespace of its own"
	for verb in doctor watch; do
		check 1 unshare -p -f "$command" $verb --pid 1
		says err "process 1: /proc is that of another PID namespace"
		says err "Mount /proc here"
	done
	check 0 timeout 60 unshare -p -f "$command" list
}

@test "what is refused has its own cure" {
	mkdir closed
	chmod 555 closed
	if users_can_run_here; then
		check 1 as_user "$command" plot "$top/tests/data/run" \
			--out closed
		says err "Write elsewhere: nothing can be written there."
	fi
	check 1 prlimit --nofile=8 "$command" run --quick --heap 0 \
		--overcommit 1 --out run
	says err "Raise the limit of open files (ulimit -n)."
	if calls_can_be_refused_here; then
		check 1 refusing 1 memfd_create -- "$command" run --quick \
			--heap 0 --strategy vfork --out run
		says err "A seccomp filter or an old kernel refuses what it needs"
	fi
	if unshare -p true 2>/dev/null; then
		# shellcheck disable=SC2016
		check 1 unshare -p sh -c '"$1" doctor --json >/dev/null; exec "$@"' \
			sh "$command" plot "$top/tests/data/run"
		says err "Its children would be born in a PID namespace"
	fi
	deadline="chrt -d -T 10000000 -P 100000000 0"
	if $deadline true 2>/dev/null; then
		check 125 $deadline "$command" exec -s fork -- true
		says err "SCHED_DEADLINE allows no children"
	fi
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
	check 0 env --ignore-signal=CHLD "$command" list --csv
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

# warned NAME TEXT COMMAND...: what COMMAND... prints, an object, warns of NAME
# and says TEXT there; with PROCESS set, of that process.
warned() {
	local name=$1 text=$2
	shift 2
	check 0 "$@" "$command" doctor --json ${process:+--pid "$process"}
	python3 - "$name" "$text" "${process:-}" <<-'PYTHON'
	import json, sys
	name, text, process = sys.argv[1:]
	found = json.load(open("out"))
	found = found["process"] if process else found
	seen = {w["name"]: w for w in found["warnings"]}
	assert name in seen, (name, seen)
	assert text in seen[name]["what"], seen[name]
	assert seen[name]["means"].endswith(".") and seen[name]["cure"].endswith(".")
	PYTHON
	keys_are_documented out "## doctor --json"
	check 0 "$@" "$command" doctor ${process:+--pid "$process"}
	says out "$text"
}

# mounted SOURCE TARGET COMMAND...: where SOURCE is seen at TARGET.
mounted() {
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --bind "$0" "$1" && shift && exec "$@"' "$@"
}
mounts_can_be_made() {
	unshare -m true 2>/dev/null || skip "needs a mount namespace of its own"
}

# A user whom no other test is, of other suites neither.
stranger="--reuid $((4000000 + $$)) --regid 54321 --clear-groups"
# shellcheck disable=SC2086
as_stranger() { setpriv $stranger "$@"; }

@test "doctor warns of a huge limit of descriptors" {
	prlimit --nofile=1048576 true 2>/dev/null || skip "needs the right to it"
	warned descriptors "RLIMIT_NOFILE is 1048576." prlimit --nofile=1048576
}

@test "doctor warns of SIGCHLD that is ignored" {
	warned sigchld "SIGCHLD is ignored." env --ignore-signal=CHLD
}

@test "doctor warns of calls that a filter refuses" {
	calls_can_be_refused
	warned filter "A seccomp filter refuses: clone3 close_range." \
		refusing 38 clone3 close_range --
	warned filter "A seccomp filter refuses: pidfd_open." \
		refusing 1 pidfd_open --
	warned filter "A seccomp filter refuses: close_range." \
		refusing 0 close_range --
}

@test "doctor warns of an overcommit mode that the host sets" {
	mounts_can_be_made
	cat >read_only <<-'SH'
	#!/bin/sh
	mount --bind /proc/sys /proc/sys &&
		mount -o remount,ro,bind /proc/sys && exec "$@"
	SH
	chmod +x read_only
	unset SPAWNWISE_KNOB
	warned overcommit "The host of this container sets vm.overcommit_memory" \
		unshare -m ./read_only
}

@test "doctor warns of huge pages that everybody gets" {
	mounts_can_be_made
	setting=/sys/kernel/mm/transparent_hugepage/enabled
	[ -e $setting ] || skip "needs transparent huge pages"
	echo '[always] madvise never' >enabled
	warned huge_pages "Transparent huge pages are given to everybody." \
		mounted enabled $setting
}

@test "doctor warns of an emulator" {
	command -v qemu-x86_64 >/dev/null || skip "needs qemu-x86_64 (qemu-user)"
	[ "$(uname -m)" = x86_64 ] || skip "needs x86_64"
	addresses_can_be_few
	warned emulator "emulates our system calls." qemu-x86_64
}

# own_group CONTROLLER: the folder of our control group, and its version.
own_group() {
	local line
	if line=$(grep -E "^[0-9]+:([^:]*,)?$1(,[^:]*)?:" /proc/self/cgroup); then
		version=1
	else
		line=$(grep '^0::' /proc/self/cgroup) || return 1
		version=2
	fi
	group=$(python3 - "$version" "$1" "${line#*:*:}" <<-'PYTHON'
	import sys
	version, controller, path = sys.argv[1:]
	for line in open("/proc/self/mountinfo"):
	    left, right = line.split(" - ")
	    root, mount = left.split()[3:5]
	    kind, _, options = right.split()[:3]
	    if version == "2" and kind == "cgroup2" or kind == "cgroup" and \
	            version == "1" and controller in options.split(","):
	        below = path[len(root.rstrip("/")):] if path.startswith(root) else ""
	        print(mount + below.rstrip("/"))
	        break
	PYTHON
	)
	[ -d "$group" ]
}

# in_group FOLDER COMMAND...: as a member of that group.
in_group() {
	# shellcheck disable=SC2016
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$@"
}

@test "doctor warns of a control group that has few processes left" {
	own_group pids || skip "needs a control group"
	inner=$group/spawnwise-test.$$
	mkdir "$inner" 2>/dev/null || skip "needs control groups to write to"
	echo 15 >"$inner/pids.max" 2>/dev/null || skip "needs the controller pids"
	warned processes "pids.max of $inner is nearly reached: " \
		in_group "$inner"
	echo 1 >"$inner/pids.max"
	check 125 in_group "$inner" "$command" exec -s fork -- true
	says err "raise pids.max of $inner, the nearest limit: 1 of 1 are there."
}

@test "doctor warns of a control group that has little memory left" {
	mounts_can_be_made
	own_group memory || skip "needs a control group"
	if mountpoint -q "$group"; then
		make_group $((1 << 30))
		inner=$group
	fi
	mkdir full
	echo inactive_file 0 >full/memory.stat
	if [ "$version" = 1 ]; then
		echo $((100 << 20)) >full/memory.limit_in_bytes
		echo $((95 << 20)) >full/memory.usage_in_bytes
		file=memory.limit_in_bytes
	else
		echo $((100 << 20)) >full/memory.high
		echo max >full/memory.max
		echo $((95 << 20)) >full/memory.current
		file=memory.high
	fi
	# shellcheck disable=SC2016
	warned memory "$file of $group leaves 5 MiB of 100 MiB." \
		unshare -m sh -c '[ -z "$0" ] || echo 0 >"$0/cgroup.procs"
		mount --bind full "$1" && shift && exec "$@"' "${inner:-}" "$group"
}

@test "doctor warns of a user that has few processes left" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to be somebody else"
	as_stranger test -x "$command" || skip "$command cannot be run"
	warned processes "RLIMIT_NPROC is nearly reached: " \
		as_stranger prlimit --nproc=12
}

@test "EAGAIN of a birth says which limit is near" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to be somebody else"
	as_stranger test -x "$command" || skip "$command cannot be run"
	check 125 as_stranger prlimit --nproc=1 "$command" exec -s fork -- true
	says err "raise RLIMIT_NPROC, the nearest limit: 1 of 1 are there."
	check 125 as_stranger prlimit --nproc=1 "$command" with vfork -- true
	says err "raise RLIMIT_NPROC, the nearest limit: 1 of 1 are there, and a"
	says err "there, and a trial takes two or three more."
	chmod 777 .
	check 1 as_stranger prlimit --nproc=1 env -u SPAWNWISE_STATE_DIR \
		"$command" run "${few[@]}" --heap 0 --strategy fork --out run
	says err "raise RLIMIT_NPROC, the nearest limit: 1 of 1 are there."
	check 0 as_stranger prlimit --nproc=1 "$command" list
	says out "Resource temporarily unavailable (a trial)"
}

@test "doctor --pid says what binds the process" {
	calls_can_be_refused
	"$(dirname "$command")/tests/refuse" 38 clone3 -- \
		env --ignore-signal=CHLD sleep 100 3>&- 9>&- &
	process=$!
	within 5 grep -q sleep /proc/$process/comm
	warned sigchld "SIGCHLD is ignored."
	warned filter "It runs below a seccomp filter"
	python3 - "$command" doctor --json --pid $process <<-'PYTHON'
	import json, resource, subprocess, sys
	seen = json.loads(subprocess.check_output(sys.argv[1:]))["process"]
	soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
	assert seen["limits"]["nofile"] == soft, seen
	PYTHON
	mounts_can_be_made
	sed 's/^Max open files .*/Max open files 1048576 1048576 files/
		s/^Max processes .*/Max processes 5000 5000 processes/' \
		/proc/$process/limits >limits
	warned descriptors "RLIMIT_NOFILE is 1048576." \
		mounted limits /proc/$process/limits
	says out "1048576 descriptors, 5000 processes of its user"
}

@test "doctor --pid needs no right to change the limits of others" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to be somebody else"
	# shellcheck disable=SC2086
	setpriv $stranger sleep 100 3>&- 9>&- &
	process=$!
	within 5 grep -q sleep /proc/$process/comm
	check 0 setpriv --bounding-set -sys_resource --inh-caps -sys_resource \
		"$command" doctor --pid $process
}

@test "list explains a trait that sounds like a fault" {
	check 0 "$command" list
	says out "silent_failure (no SIGCHLD"
	check 0 "$command" list --csv
	if grep -q 'no SIGCHLD' out; then false; fi
}

@test "doctor warns of slow page faults exactly where they are" {
	python3 - >fault_ns <<-'PYTHON'
	import mmap, time
	def touch_ns(pages=64):
	    area = mmap.mmap(-1, pages << 12, mmap.MAP_PRIVATE)
	    start = time.perf_counter_ns()
	    for at in range(0, pages << 12, 4096):
	        area[at] = 1
	    return (time.perf_counter_ns() - start) / pages
	print(int(min(touch_ns() for _ in range(200))))
	PYTHON
	fault_ns=$(<fault_ns)
	check 0 "$command" doctor
	if [ "$fault_ns" -lt 2000 ]; then
		! grep -q "A page fault takes" out
	elif [ "$fault_ns" -gt 6000 ]; then
		says out "A page fault takes"
	else
		skip "a page fault takes $fault_ns ns, neither fast nor slow"
	fi
}
