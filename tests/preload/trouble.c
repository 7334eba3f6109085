/* SPDX-License-Identifier: MIT */
/*
 * A program that makes trouble for who serves it, and prints what came of its
 * spawns: the same under every strategy as without one.
 */

#include <pthread.h>
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

/* More in their environments than a strategy has room for. */
#define THREADS 24
#define LARGE_TEXTS 18

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

/* Nearly all that exec accepts with a stack of 8 MiB. */
static char **large_environment(void)
{
	static char *environment[LARGE_TEXTS + 1];
	static char text[100000];

	memset(text, 'x', sizeof text - 1);
	for (int i = 0; i < LARGE_TEXTS; i++)
		environment[i] = text;
	return environment;
}

/* The first error, or status 0x100 and above. */
static void *spawn_large(void *data)
{
	long result = 0;

	for (int i = 0; i < 2; i++) {
		pid_t pid;
		int status = 0;

		if (!result)
			result = posix_spawn(&pid, "/bin/true", NULL, NULL,
					     WORDS("true"), data);
		if (!result && waitpid(pid, &status, 0) == pid)
			result = status;
	}
	return (void *)result;
}

static void crowds(void)
{
	pthread_t ids[THREADS];
	char **environment = large_environment();

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&ids[i], NULL, spawn_large, environment))
			abort();
	for (int i = 0; i < THREADS; i++) {
		void *result;

		pthread_join(ids[i], &result);
		printf("a large environment: %ld\n", (long)result);
	}
}

int main(void)
{
	alarm(GUARD_S);
	setvbuf(stdout, NULL, _IONBF, 0);
	deaths();
	identities();
	crowds();
	return 0;
}
