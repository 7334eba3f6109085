/* SPDX-License-Identifier: MIT */
/*
 * A program that makes trouble for who serves it, and prints what came of its
 * spawns: the same under every strategy as without one.
 */

#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GUARD_S 60
#define CHANGES 20
#define NOBODY 65534

#define WORDS(...) ((char *const *)(const char *const[]){ __VA_ARGS__, NULL })

static void run(const char *what)
{
	pid_t pid = -1;
	int status = 0;
	const int error = posix_spawn(&pid, "/bin/sh", NULL, NULL,
				      WORDS("sh", "-c", "exit 3"), environ);

	if (!error && waitpid(pid, &status, 0) != pid)
		status = -1;
	printf("%s: %s, status %#x\n", what, strerrorname_np(error),
	       (unsigned)status);
}

/* Children that this program did not start; at most room of them. None where
 * the kernel does not tell (CONFIG_PROC_CHILDREN). */
static int strangers(pid_t *pids, int room)
{
	FILE *list = fopen("/proc/thread-self/children", "re");
	int count = 0;

	while (list && count < room && fscanf(list, "%d", &pids[count]) == 1)
		count++;
	if (list)
		fclose(list);
	return count;
}

static void kill_strangers(void)
{
	pid_t pids[8];
	const int count = strangers(pids, 8);
	siginfo_t info;

	for (int i = 0; i < count; i++) {
		kill(pids[i], SIGKILL);
		waitid(P_PID, (id_t)pids[i], &info, WEXITED | WNOWAIT | __WALL);
	}
}

static void deaths(void)
{
	for (int i = 0; i < 3; i++) {
		kill_strangers();
		run("a stranger was killed");
		run("and once more");
	}
	kill_strangers();
	printf("system: %#x\n", (unsigned)system("exit 4"));
}

/* As servers do that act for their users. */
static void identities(void)
{
	const bool may = !geteuid();
	bool changed = true;
	pid_t pids[CHANGES];

	for (int i = 0; i < CHANGES && may; i++) {
		changed &= !seteuid(i % 2 ? 0 : NOBODY);
		run("as somebody else");
	}
	printf("changed: %d\n", changed);
	printf("too many strangers: %d\n", strangers(pids, CHANGES) > 1);
}

int main(void)
{
	alarm(GUARD_S);
	setvbuf(stdout, NULL, _IONBF, 0);
	deaths();
	identities();
	return 0;
}
