#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# with: what happened to programs that somebody else wrote.

load ../helpers

setup() {
	prepare
	python=$(python3 -c 'import sys; print(sys.executable)')
}

teardown() {
	finish
}

# signals_of COMMAND...: what a child of posix_spawn(3) ignores.
signals_of() {
	check 0 env --default-signal "$@" "$python" -c '
import os
argv = ["grep", "SigIgn", "/proc/self/status"]
os.waitpid(os.posix_spawnp("grep", argv, os.environ), 0)'
	diff out <(printf 'SigIgn:\t%s\n' "$ignored")
}

@test "children ignore what their parent does, and not the libc's signals" {
	ignored=0000000000001000 # SIGPIPE, by Python
	for strategy in fork vfork clone_vm clone_async broker; do
		"$command" list --csv | grep -q "^$strategy,.*,yes," || continue
		signals_of "$command" with "$strategy" --
	done
}

@test "a copy of the program without a free descriptor spawns" {
	check 0 "$command" with --report "$PWD/report" broker -- "$python" -c '
import os, resource
pid = os.fork()
if pid:
    os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
limits = resource.getrlimit(resource.RLIMIT_NOFILE)
while True:
    try:
        os.open("/dev/null", os.O_RDONLY)
    except OSError:
        break
for attempt in range(2):
    pid = os.posix_spawn("/bin/true", ["true"], {})
    assert os.waitpid(pid, 0)[1] == 0
assert os.system("exit 3") == 3 << 8
os.close(3)
os.close(4)
os.close(5)
assert os.system("exit 4") == 4 << 8'
	says report ': 1 spawned by broker, 0 failed, 3 spawned by the libc'
}

@test "a library that a folder hides from this user is told as that" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	mkdir -m 700 hidden
	cp "$command" "${command%/*}/libspawnwise-preload.so" hidden
	check 125 as_user "$PWD/hidden/spawnwise" with fork -- true
	says err "read libspawnwise-preload.so: Permission denied"
	says err "Let this user enter all folders"
}

@test "the report says what no spawn may mean" {
	check 0 "$command" with --report "$PWD/report" broker -- "$python" -c '
import subprocess
subprocess.run(["true"], preexec_fn=lambda: None)'
	says report '0 failed; fork, vfork and clone of its own do not count'
}

@test "a report that cannot be written is not lost in silence" {
	mkdir folder
	refused 125 "report to /nonexistent/x: No such file or directory" \
		"Name a file that can be written" \
		with -r /nonexistent/x fork -- true
	refused 125 "report to folder: Is a directory" "Name a file" \
		with -r folder fork -- true
	chmod 777 .
	touch kept
	chmod 444 kept
	if as_user test -r "$command"; then
		check 125 as_user "$command" with -r kept fork -- true
		says err "report to kept: Permission denied"
	fi
	check 3 "$command" with -r /dev/full fork -- bash -c "exit 3"
	[ "$(cat err)" = "spawnwise: cannot report to /dev/full: No space left\
 on device" ]
}

@test "a report that is lost changes nothing of the command" {
	# What is where standard error was is the program's: never written to.
	check 3 "$command" with -r /dev/full fork -- "$python" -c '
import os
os.dup2(os.open("data", os.O_WRONLY | os.O_CREAT), 2)
raise SystemExit(3)'
	[ ! -s data ] && [ ! -s err ]
	# Without SIGXFSZ, and SIGPIPE.
	check 3 "$command" with -r "$PWD/report" fork -- \
		bash -c "ulimit -f 0; exit 3"
	check 3 "$python" -c '
import os, subprocess, sys
reading, writing = os.pipe()
os.close(reading)
raise SystemExit(subprocess.run(sys.argv[1:], stderr=writing).returncode)' \
		"$command" with -r /dev/full fork -- bash -c "exit 3"
}

@test "no /proc is no missing library" {
	unshare -m true 2>/dev/null || skip "needs the right to cover /proc"
	check 3 unshare -m sh -c 'mount -t tmpfs none /proc; exec "$@"' sh \
		"$command" with clone_vm -- sh -c 'exit 3'
}

@test "a program with AddressSanitizer needs a word" {
	echo '#include <stdlib.h>
	int main(void) { return system("exit 4") >> 8; }' >sane.c
	gcc -fsanitize=address sane.c -o sane 2>/dev/null || skip "needs libasan"
	export ASAN_OPTIONS=detect_leaks=0
	check 1 "$command" with clone_vm -- ./sane
	says err "ASan runtime does not come first"
	ASAN_OPTIONS+=:verify_asan_link_order=0
	check 4 "$command" with --report "$PWD/report" clone_vm -- ./sane
	says report ': 1 spawned by clone_vm'
}

@test "a descendant of another libc needs an environment without the library" {
	echo 'int main(void) { return 3; }' >other.c
	musl-gcc other.c -o other 2>/dev/null || skip "needs musl-gcc"
	./other || [ $? -eq 3 ] || skip "needs musl's loader"
	check 127 "$command" with --children clone_vm -- sh -c './other; exit $?'
	check 3 "$command" with --children clone_vm -- \
		sh -c 'env -u LD_PRELOAD ./other; exit $?'
	check 3 "$command" with clone_vm -- sh -c './other; exit $?'
}
