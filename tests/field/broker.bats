#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What a living helper, or an open handle, must not cost a program that knows
# nothing of it.

bats_require_minimum_version 1.5.0

load ../helpers

setup() { prepare; }

teardown() { finish; }

# compile NAME ARGUMENTS...: the program on stdin.
compile() {
	local name=$1
	shift
	"${CC:-gcc}" -std=gnu17 -D_GNU_SOURCE -x c - "$@" -pthread -o "$name"
}

@test "threads with ids of their own spawn at once under with" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	compile threads <<-'EOF_C'
	#include <pthread.h>
	#include <spawn.h>
	#include <stdio.h>
	#include <string.h>
	#include <sys/syscall.h>
	#include <sys/wait.h>
	#include <unistd.h>

	static void *work(void *data)
	{
		char *argv[] = { "true", NULL }, *envp[] = { NULL };
		const long number = (long)data;

		/* Of this thread alone: setresuid(3) is for all. */
		if (number)
			syscall(SYS_setresuid, -1, 1000 + number, -1);
		for (int i = 0; i < 100; i++) {
			pid_t pid;
			int error = posix_spawn(&pid, "/bin/true", NULL, NULL,
						argv, envp);

			if (error)
				return strerror(error);
			waitpid(pid, NULL, 0);
		}
		return NULL;
	}

	int main(void)
	{
		pthread_t threads[8];
		void *error;

		for (long i = 0; i < 8; i++)
			pthread_create(&threads[i], NULL, work, (void *)i);
		for (int i = 0; i < 8; i++)
			if (!pthread_join(threads[i], &error) && error)
				printf("thread %d: %s\n", i, (char *)error);
		return 0;
	}
	EOF_C
	check 0 timeout 100 "$command" with broker -- ./threads
	[ ! -s out ]
}

@test "a set-user-ID program keeps its rights under with" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	command -v setpriv >/dev/null || skip "needs setpriv"
	users_can_run
	! findmnt -n -o OPTIONS -T . | grep -q nosuid || skip "no set-user-ID here"
	cp "$(command -v id)" setid
	chmod 4755 setid
	check 0 setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$command" with broker -- sh -c 'exec ./setid -u'
	[ "$(cat out)" = 0 ]
}

@test "nsenter and unshare work under with" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	unshare -m true 2>/dev/null || skip "no namespace can be made"
	check 0 "$command" with broker -- nsenter -m -t $$ true
	unshare -U true 2>/dev/null || return 0 # not below chroot(2)
	check 0 "$command" with broker -- unshare -U true
}

@test "an open handle is no leak to LeakSanitizer" {
	local name strategies
	compile nothing -fsanitize=address <<<'int main(void) { return 0; }' ||
		skip "needs AddressSanitizer"
	./nothing || skip "LeakSanitizer does not work here"
	compile handle -fsanitize=address,undefined -I "$top/lib" \
		-x none "${command%/*}/libspawnwise.a" <<-'EOF_C'
	#include <spawnwise.h>

	struct sw_handle *handle;

	int main(int argc, char **argv)
	{
		return sw_open(sw_find(argv[argc - 1]), &handle) ? 2 : 0;
	}
	EOF_C
	mapfile -t strategies < <("$command" list --csv | awk -F, \
		'NR > 1 && $2 == "yes" { print $1 }')
	for name in "${strategies[@]}"; do
		check 0 ./handle "$name"
	done
}
