#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# How much memory there is, where others need it too, and where the kernel or a
# container tells it oddly or not at all: nobody is killed for a heap of ours.

load ../helpers

setup() {
	prepare
	group=
	neighbour=
}

teardown() {
	for pid in $neighbour ${watched-}; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	[ -z "$group" ] || within 5 rmdir "$group" 2>/dev/null || true
	finish
}

# hold MIB: a process in the group that has so much memory, $neighbour.
hold() {
	rm -f held
	inside python3 -c 'import os, sys, time
held = b"x" * (int(sys.argv[1]) << 20)
print(os.getpid(), file=open("held", "w"))
time.sleep(100)' "$1" 3>&- 9>&- &
	within 20 test -s held
	read -r neighbour <held # $! is a shell that waits for this process
}

# shellcheck disable=SC2016
@test "a stack of 100 KiB is enough" {
	small() { check 0 sh -c 'ulimit -s 100; exec "$@"' sh "$command" "$@"; }
	small doctor
	small list
	small exec -s fork --heap 1M -- true
	small with broker -- true
	small choose --heap 1G --data "$top/data/reference"
	small compare "$top/data/reference" "$top/data/reference"
	small run "${few[@]}" --heap 0 --strategy vfork,broker --threads 2 \
		--out run
	small lab promise --overcommit current --out lab
	sleep 0.4 3>&- 9>&- &
	small watch --pid $! --interval 50ms
}

@test "what a neighbour in the group uses is no room" {
	make_group $((600 << 20))
	hold 420
	check 125 inside "$command" exec -s clone_vm --heap 280M -- true
	says err "cannot grow the heap to 280M: that is more than a run may take"
	grep -Eq "^Use at most [0-9.]+ MiB, half of the 1[5-8][0-9.]+ MiB" err
	says err "that cgroup $group leaves below its $limit, or --backing untouched"
	check 2 inside "$command" run --heap 280M --out run
	grep -Eq "^Use heaps of at most [0-9.]+ MiB, half of the 1[5-8]" err
	check 0 inside "$command" exec -s clone_vm --heap 32M -- true
	check 0 inside "$command" doctor
	grep -Eq "a run may take [789][0-9.]* MiB, half of the 1[5-8]" out
	kill -0 $neighbour
}

@test "a limit that cannot be is no leave, and its file is named" {
	unshare -m true 2>/dev/null || skip "needs a mount namespace of its own"
	make_group $((600 << 20))
	for odd in 0x20000000 -1 600M 99999999999999999999 ''; do
		printf '%s\n' "$odd" >odd
		# shellcheck disable=SC2016
		check 125 inside unshare -m sh -c 'mount --bind odd "$0" &&
			exec "$@"' "$group/$limit" "$command" exec -s clone_vm \
			--heap 20T -- true
		says err "$group/$limit: Bad message"
	done
}

@test "doctor tells which heaps no group of ours can hold" {
	make_group $((600 << 20))
	check 0 inside "$command" doctor --heap 64M,2G
	grep -Eq '^ *64 MiB +works +works' out
	grep -Eq '^ *2 GiB +(beyond its cgroup|heap refused) +beyond its cgroup' out
	check 0 inside "$command" doctor --heap 64M,2G --json
	python3 -c 'import json
beyond = [row["beyond_cgroup"] for row in json.load(open("out"))["heaps"]]
assert beyond == [False, True], beyond'
	check 0 inside "$command" doctor
	grep -Eq '^ *1 GiB +(beyond its cgroup|heap refused) +beyond its cgroup' out
}

@test "control groups that are not mounted are told so, everywhere" {
	unshare -m true 2>/dev/null || skip "needs a mount namespace of its own"
	unmounted='umount -lR /sys/fs/cgroup && exec "$@"'
	hidden="hidden: it is not mounted here"
	for words in "doctor --pid $$" \
		"watch --pid $$ --interval 10ms --duration 55ms"; do
		# shellcheck disable=SC2086
		check 0 unshare -m sh -c "$unmounted" sh "$command" $words
		says out "its limits are $hidden"
		[ -z "$(grep 'Invalid cross-device link' out)" ]
	done
	status=0
	unshare -m sh -c "$unmounted" sh "$command" lab oom --out lab \
		>out 2>&1 || status=$?
	[ "$status" -eq 1 ] || [ "$status" -eq 3 ]
	says <(tr -s '\n ' ' ' <out) "our memory control group are $hidden"
}

# telling SCRIPT COMMAND...: with a /proc/meminfo as sed(1) edits it.
telling() {
	sed "$1" /proc/meminfo >meminfo
	shift
	unshare -m sh -c 'mount --bind meminfo /proc/meminfo && exec "$@"' sh \
		"$@"
}
meminfo_can_be_replaced() {
	telling '' true 2>/dev/null || skip "needs root, and unshare -m"
}

# By lxcfs, by gVisor.
odd=('s/^SwapFree:.*/SwapFree:  18446744073709551488 kB/'
	'/^CommitLimit\|^Committed_AS/d')

@test "a /proc/meminfo that cannot be is no leave, and the field is named" {
	meminfo_can_be_replaced
	for script in 's/^MemTotal:.*/MemTotal: 0x1779000 kB/' \
		's/^MemTotal:.*/MemTotal: 1e9 kB/' \
		'$aMemTotal: 9999999999999 kB' 's/^MemTotal:/MemTotal :/'; do
		check 125 telling "$script" "$command" exec --heap 64M \
			--strategy clone_vm -- true
		says err "MemTotal of /proc/meminfo cannot be"
	done
}

@test "an odd /proc/meminfo is no leave to take all memory" {
	meminfo_can_be_replaced
	for script in "${odd[@]}"; do
		check 2 telling "$script" "$command" run --dry-run --out x \
			--heap 20T,200T --strategy clone_vm
		says err "cannot run --heap 20T: that is more memory than a run may"
		check 125 telling "$script" "$command" exec --heap 20T \
			--strategy clone_vm -- true
		check 0 telling "$script" "$command" doctor
		says out "a run may take "
		run grep -q "TiB of swap" out
		[ "$status" -ne 0 ]
		check 0 telling "$script" "$command" doctor --json
	done
}

@test "where memory is not told, none is taken, and the field is named" {
	meminfo_can_be_replaced
	for field in MemTotal SwapTotal; do
		check 1 telling "/^$field/d" "$command" run --heap 64M --out x
		says err "how much memory there is: /proc/meminfo has no $field"
		says err "Use --heap 0 or --backing untouched."
		check 125 telling "/^$field/d" "$command" exec --heap 64M \
			--strategy clone_vm -- true
		says err "/proc/meminfo has no $field"
		check 0 telling "/^$field/d" "$command" exec --heap 64M \
			--backing untouched --strategy clone_vm -- true
		check 0 telling "/^$field/d" "$command" doctor
		says out "/proc/meminfo has no $field"
	done
	check 1 telling 's/^MemAvailable:.*/MemAvailable: much/' "$command" \
		run --heap 64M --out x
	says err "MemAvailable of /proc/meminfo cannot be"
	check 1 telling '/^Committed_AS/d' "$command" lab promise --out x \
		--overcommit current
	says err "/proc/meminfo has no Committed_AS"
	for lab in touch frontier oom; do
		check 1 telling '/^MemTotal/d' "$command" lab $lab --out y
		says err "/proc/meminfo has no MemTotal"
	done
	: >silent
	check 1 unshare -m sh -c 'mount --bind silent /proc/meminfo && exec "$@"' \
		sh "$command" choose --heap 1G --overcommit 0 \
		--data "$top/data/reference"
	says err "cannot choose a strategy: /proc/meminfo has no MemTotal"
}

@test "what /proc tells oddly of a living process is no end of it" {
	unshare -m true 2>/dev/null || skip "needs a mount namespace of its own"
	for script in '/^VmRSS/d' 's/^VmRSS:.*/VmRSS: -5 kB/'; do
		sed "$script" /proc/$$/status >status
		check 1 unshare -m sh -c 'mount --bind status "/proc/$0/status" &&
			exec "$@"' $$ "$command" watch --pid $$ \
			--interval 10ms --duration 55ms
		says err "Run outside of what fakes /proc"
	done
}

@test "a process is watched where the machine does not tell its memory" {
	meminfo_can_be_replaced
	for script in "${odd[@]}" '/^MemTotal/d'; do
		rm -f rows.csv
		check 0 telling "$script" "$command" watch --pid $$ \
			--interval 10ms --duration 55ms --out rows.csv
		says out "(pid $$), "
		run grep "unknown" out
		[ "$status" -eq 1 ]
	done
	says out "its memory cannot be told: /proc/meminfo has no MemTotal"
	grep -q '^0[0-9.]*,.*,,,,,[^,]*Z,' rows.csv
	check 0 telling '/^MemTotal/d' "$command" watch --pid $$ \
		--interval 10ms --duration 55ms --json
	python3 -c 'import json
assert json.load(open("out"))["machine_room_bytes"] is None'
}

# hierarchy: where that of our group is mounted, and how to do that elsewhere.
hierarchy() {
	make_group $((96 << 20)) "${1-}"
	top=/sys/fs/cgroup kind=cgroup2
	[ "$limit" = memory.max ] || top=$top/memory kind="cgroup -o memory"
}

# inside_moved [-C] SCRIPT COMMAND...: in our group, with mounts of our own, and
# groups with -C, after SCRIPT has moved the hierarchy.
inside_moved() {
	local namespaces=-m
	[ "$1" != -C ] || { namespaces=-mC && shift; }
	# shellcheck disable=SC2016
	inside unshare $namespaces sh -c 'set -e
	group=$1 top=$2 kind=$3; eval "$4"; shift 4; exec "$@"' sh \
		"$group" "$top" "$kind" "$@"
}

# Names of which mountinfo escapes a part, as systemd's are; theirs is what
# another group's folder was bound to before.
@test "the limit is that of our own group, wherever it is mounted" {
	unshare -m true 2>/dev/null || skip "needs a mount namespace of its own"
	hierarchy '\x2d.slice'
	mkdir theirs 'a \x2d b' own
	# shellcheck disable=SC2016
	check 0 inside_moved 'mount --bind "$top" theirs; umount -l "$top"
		mount -t $kind none "a \x2d b"; umount theirs' "$command" doctor
	says out "$limit 96 MiB"
	says out "$PWD/a \x2d b/"
	# shellcheck disable=SC2016
	check 0 inside_moved 'mount --bind "$group" own; umount -l "$top"' \
		"$command" doctor
	says out "$limit 96 MiB"
	check 2 inside "$command" run --heap 64M --out x
}

# As engines make it: the folders around the container's have no names there.
@test "the limit of a container is seen in its cgroup namespace" {
	unshare -mC true 2>/dev/null || skip "needs namespaces of its own"
	hierarchy
	# shellcheck disable=SC2016
	for script in true 'umount -l "$top"; mount -t $kind none "$top"'; do
		check 0 inside_moved -C "$script" "$command" doctor
		says out "$limit 96 MiB"
	done
}

@test "a process in many groups is read to the end" {
	groups=$(seq -s, 1500000001 1500000400)
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	many() { setpriv --groups "$groups" "$@"; }
	check 0 many "$command" doctor
	says out "mode 2 would grant this user"
	check 0 many "$command" choose --heap 1G --data \
		"$top/tests/data/run" --overcommit 0
	check 0 many "$command" run "${few[@]}" --heap 0 --strategy fork \
		--out run
	[ "$(rows run reap predicted)" = ok ]
}

@test "doctor looks at other users' processes without CAP_SYS_RESOURCE" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	setpriv --reuid 65534 --clear-groups sleep 100 3>&- 9>&- &
	neighbour=$!
	within 5 grep -qx sleep /proc/$neighbour/comm
	check 0 setpriv --bounding-set -sys_resource --inh-caps -sys_resource \
		"$command" doctor --pid $neighbour
	says out "sleep (pid $neighbour): "
}

@test "the legacy layout of addresses is no wrong prediction" {
	addresses_can_be_few
	legacy() { setarch -L "$@"; }
	unlimited() { (ulimit -s unlimited && exec "$@"); }
	for layout in legacy unlimited; do
		$layout true || skip "$layout is refused here"
		check 0 $layout "$command" doctor --heap 64M
		grep -Eq '^ *64 MiB +works +works' out
		check 0 $layout "$command" lab promise --overcommit current \
			--out $layout-promise
		python3 - $layout-promise <<-'PYTHON'
		import csv, sys
		for row in csv.DictReader(open(sys.argv[1] + "/promise.csv")):
		    if row["stopped_by"] == "address_space" and row["predicted_bytes"]:
		        promised, predicted = (int(row[name]) for name in
		                               ("promised_bytes", "predicted_bytes"))
		        assert abs(promised - predicted) < predicted / 100, row
		PYTHON
		check 0 $layout "$command" lab frontier --overcommit current \
			--out $layout-frontier
		run grep -c ,no, $layout-frontier/frontier.csv
		[ "$output" -eq 0 ]
	done
}

# Pages of hugetlbfs are not in VmRSS.
@test "growth by huge pages is growth" {
	free=$(awk '$1 == "HugePages_Free:" { print $2 }' /proc/meminfo)
	[ "${free:-0}" -ge 64 ] || skip "needs 64 free huge pages (vm.nr_hugepages)"
	cat >huge.py <<-'PYTHON'
	held = []

	def hold(i):
	    held.append(mmap.mmap(-1, 2 << 20, flags=mmap.MAP_PRIVATE | 0x40000))
	    held[-1].write(b"x")

	follow(hold, 64)
	PYTHON
	watch_follower huge.py
	says err "steady growth: perhaps a leak"
	grep -Eq "hugetlb pages 1[0-9.]+ MiB" err
}
