#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Where a system call is refused, or an emulator has none, a strategy that needs
# it is not opened; where nothing is refused nothing changes.

load ../helpers

setup_file() {
	prepare
	export prog=$BATS_FILE_TMPDIR/prog
	cat >prog.c <<-'EOF_C'
	#include "lib/spawnwise.h"
	#include <stdio.h>
	#include <string.h>
	#include <sys/wait.h>

	/* STRATEGY FIELDS COMMAND...: how it went. */
	int main(int argc, char **argv)
	{
		unsigned fields;
		struct sw_request request = {
			.path = argv[3], .search = true, .argv = argv + 3,
		};
		struct sw_handle *handle;
		struct sw_child child;
		int status = 0, error = sw_open(sw_find(argv[1]), &handle);

		if (error) {
			printf("open: %s\n", strerror(-error));
			return 1;
		}
		sscanf(argv[2], "%x", &fields);
		request.fields = fields;
		error = sw_spawn(handle, &request, &child);
		if (!error)
			error = sw_confirm(handle, &child, -1);
		if (!error)
			sw_reap(handle, &child, &status);
		printf("%s, %s, status %d\n", strerror(-error),
		       child.stage ? sw_field_name(child.stage) : "-",
		       WEXITSTATUS(status));
		sw_close(handle);
		return argc < 4;
	}
	EOF_C
	cc -I "$top" prog.c "${command%/*}/pic/libspawnwise.a" -pthread \
		-o "$prog" &&
		cc -static -I "$top" prog.c "${command%/*}/pic/libspawnwise.a" \
			-pthread -o "$prog.static"
	local status=$?
	cc -fsanitize=thread -I "$top" prog.c -o "$prog.threads" \
		"${command%/*}/pic/libspawnwise.a" -pthread 2>/dev/null || true
	finish
	return $status
}

setup() {
	prepare
	refuse=${command%/*}/tests/refuse
	ours="broker clone_async clone_vm fork posix_spawn vfork"
}

teardown() {
	finish
}

# opens NAME ANSWER COMMAND...: what prog tells of it first.
opens() {
	local name=$1 answer=$2
	shift 2
	timeout 20 "$@" "$name" 0 /nonexistent >out 2>err || true
	grep -q "^$answer" out || { echo "$name:"; cat out err; return 1; }
}

@test "without set_robust_list fork says so when it is opened" {
	calls_can_be_refused
	opens fork "open: Function not impl" "$refuse" 38 set_robust_list -- "$prog"
	opens fork "open: Operation not perm" "$refuse" 1 set_robust_list -- "$prog"
	for name in vfork posix_spawn clone_vm clone_async; do
		opens $name "No such file" "$refuse" 38 set_robust_list -- "$prog"
	done
}

@test "without what the broker asks at every spawn it is not opened" {
	calls_can_be_refused
	for call in fstat getpgid getppid; do
		opens broker "open: Operation not perm" "$refuse" 1 $call -- "$prog"
	done
}

@test "a run that may kill nobody ends all the same" {
	calls_can_be_refused
	check 0 timeout -s KILL 60 "$refuse" 1 kill -- "$command" run --quick \
		--heap 0 --strategy vfork --out run
	run_files run
	check 0 timeout -s KILL 60 "$refuse" 1 kill -- "$command" lab promise \
		--overcommit current --out lab
}

@test "a lab all of whose strategies are refused says that nothing was tried" {
	calls_can_be_refused
	for lab in victim "frontier --overcommit current"; do
		status=0
		# shellcheck disable=SC2086
		"$refuse" 1 waitid -- "$command" lab $lab --out lab >out 2>err ||
			status=$?
		! grep -q "memory control group: run" err || continue
		[ $status -eq 3 ]
		grep -qx -e "Nothing was tried." -e "No frontier was measured." out
	done
}

@test "a run all of whose strategies are refused measured nothing" {
	calls_can_be_refused
	check 3 "$refuse" 1 wait4 -- "$command" run --quick --parents 6 \
		--heap 0 --strategy vfork,fork --out run
	says err "vfork is not available here: Operation not permitted."
	says err "Nothing was measured: every spawn failed."
}

@test "a lab names the call that was refused" {
	calls_can_be_refused
	for error in 1 38; do
		for call in pidfd_open flock; do
			check 1 "$refuse" $error $call -- "$command" lab touch \
				--out lab
			! grep -q "memory control group: run" err || continue
			says err "cannot begin: $call(2) is refused"
		done
	done
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	check 1 "$refuse" 38 pidfd_open -- "$command" run --heap 0 --out run \
		--overcommit $((1 - $(cat "$SPAWNWISE_KNOB")))
	says err "cannot guard $SPAWNWISE_KNOB: pidfd_open(2) is refused"
}

@test "without the calls that tell of an end nothing is opened" {
	calls_can_be_refused
	for call in waitid wait4 rt_sigprocmask; do
		for name in $ours; do
			opens "$name" "open: Operation not perm" \
				"$refuse" 1 $call -- "$prog" || return 1
		done
	done
}

@test "without clone3 a control group is named as what is refused" {
	calls_can_be_refused
	for name in broker clone_async clone_vm; do
		# SW_CGROUP
		"$refuse" 38 clone3 -- "$prog" "$name" 20000 true >out
		says out "Operation not supported, cgroup" || return 1
	done
}

@test "ids that cannot be told are not taken for reset" {
	calls_can_be_refused
	for call in getgid getuid; do
		# SW_RESETIDS
		check 0 refusing 1 $call -- "$prog" clone_vm 200 true
		says out "Operation not permitted, resetids"
	done
}

@test "under qemu-user what needs shared memory is not opened" {
	command -v qemu-x86_64 >/dev/null || skip "qemu-user is not installed"
	[ "$(uname -m)" = x86_64 ] || skip "the program is not for x86_64"
	for name in $ours; do
		opens "$name" "open: Function not impl" qemu-x86_64 \
			"$prog.static" || return 1
	done
	check 0 qemu-x86_64 "$prog.static" system 0 true
	says out "Success, -, status 0"
}

@test "under valgrind fork works, and the others say so when they are opened" {
	command -v valgrind >/dev/null || skip "valgrind is not installed"
	for name in broker clone_async clone_vm posix_spawn vfork; do
		opens "$name" "open: Function not impl" valgrind -q "$prog" ||
			return 1
	done
	opens fork "No such file or directory, exec" valgrind -q "$prog"
	check 0 valgrind -q --error-exitcode=9 "$prog" fork 0 sh -c 'exit 7'
	says out "Success, -, status 7"
}

@test "under ThreadSanitizer vfork says that it is a fork, and the others work" {
	[ -x "$prog.threads" ] || skip "no ThreadSanitizer here"
	opens vfork "open: Function not impl" "$prog.threads"
	for name in broker clone_async clone_vm fork posix_spawn; do
		check 0 timeout 20 "$prog.threads" "$name" 0 sh -c 'exit 7'
		says out "Success, -, status 7"
	done
}

@test "gdb stays with a program that spawns by fork, vfork or clone_vm" {
	command -v gdb >/dev/null || skip "gdb is not installed"
	gdb -nx -batch -ex run --args true >out 2>&1
	grep -q 'exited normally' out || skip "gdb runs no program here"
	for name in fork vfork posix_spawn clone_vm; do
		timeout 60 gdb -nx -batch -ex run --args "$prog" $name 0 \
			sh -c 'exit 7' >out 2>&1
		says out "Success, -, status 7" || return 1
		says out "exited normally" || return 1
	done
}

@test "without close_range with and closefrom do as the libc" {
	calls_can_be_refused
	cat >closefrom.c <<-'EOF_C'
	#define _GNU_SOURCE
	#include <fcntl.h>
	#include <spawn.h>
	#include <sys/wait.h>
	#include <unistd.h>

	int main(void)
	{
		char *argv[] = { "ls", "/proc/self/fd", NULL };
		posix_spawn_file_actions_t actions;
		pid_t pid;

		for (int fd = 20; fd < 30; fd++)
			dup2(2, fd);
		posix_spawn_file_actions_init(&actions);
		posix_spawn_file_actions_addclosefrom_np(&actions, 3);
		if (posix_spawnp(&pid, "ls", &actions, NULL, argv, environ))
			return 1;
		waitpid(pid, NULL, 0);
		return 0;
	}
	EOF_C
	cc closefrom.c -o closefrom
	./closefrom >expected
	for name in $ours; do
		for error in 1 38; do
			check 0 refusing $error close_range -- "$command" with \
				"$name" -- ./closefrom
			diff expected out || return 1
			# SW_CLOSEFDS
			check 0 refusing $error close_range -- "$prog" "$name" \
				1000 sh -c "! [ -e /proc/self/fd/9 ]" 9>&1
			says out "Success, -, status 0" || return 1
		done
	done
}

@test "the examples say how they are used" {
	for name in runner eventloop; do
		cc "$top/docs/examples/$name.c" -I "$top/lib" \
			"${command%/*}/pic/libspawnwise.a" -pthread -o $name
		check 2 ./$name
		says err "usage: $name STRATEGY" || return 1
	done
}

@test "popen tells what refuses it, and not that memory lacks" {
	calls_can_be_refused
	check 0 refusing 1 clone3 -- "$command" list --csv
	grep -q '^posix_spawn,no,EPERM' out || skip "its libc has no clone3"
	grep -q '^popen,no,EPERM' out
}
