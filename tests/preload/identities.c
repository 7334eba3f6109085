/* SPDX-License-Identifier: MIT */
/*
 * A program whose threads spawn at once: as a file server's each with an id of
 * its own, if it may, or, with the argument "kill", while another thread kills
 * whatever has not become another program.
 *
 * Every child adds a byte to the file ran. What is printed is the same under
 * every strategy: how many spawns failed with another error than that of a
 * killed child, and whether each that succeeded ran once.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define GUARD_S 120
#define THREADS 8
#define SPAWNS 40
#define SPAWNS_KILLED 20
#define KILL_US 3000 /* at most between two looks */

#define WORDS(...) ((char *const *)(const char *const[]){ __VA_ARGS__, NULL })

static atomic_int failed, ran, killed;
static atomic_bool over;
static bool kills;

static void spawn_one(void)
{
	char *const *argv = WORDS("sh", "-c", "printf x >>ran");
	pid_t pid;
	int status;
	const int error =
		posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ);

	if (error == ECANCELED) {
		killed++;
	} else if (error) {
		failed++;
		fprintf(stderr, "%s\n", strerrorname_np(error));
	} else if (waitpid(pid, &status, 0) == pid && !status) {
		ran++;
	} else {
		killed++;
	}
}

/* By the system call: setresuid(2) of the libc is for all threads. */
static void *spawn_some(void *id)
{
	if (id && !geteuid())
		syscall(SYS_setresuid, -1, (long)id, -1);
	for (int i = 0; i < (kills ? SPAWNS_KILLED : SPAWNS); i++)
		spawn_one();
	return NULL;
}

/* A child that still is what we are: a helper, or what is not born yet. */
static void kill_own(int pid, const struct stat *own)
{
	char path[50];
	struct stat other;

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	if (!stat(path, &other) && other.st_ino == own->st_ino)
		kill(pid, SIGKILL);
}

/* None where the kernel does not tell (CONFIG_PROC_CHILDREN). */
static void kill_children(const char *thread, const struct stat *own)
{
	char path[300];
	FILE *list;
	int pid;

	snprintf(path, sizeof path, "/proc/self/task/%s/children", thread);
	list = fopen(path, "re");
	while (list && fscanf(list, "%d", &pid) == 1)
		kill_own(pid, own);
	if (list)
		fclose(list);
}

static void *kill_often(void *data)
{
	struct stat own;

	if (stat("/proc/self/exe", &own))
		abort();
	while (!over) {
		DIR *threads = opendir("/proc/self/task");
		struct dirent *entry;

		while (threads && (entry = readdir(threads)))
			kill_children(entry->d_name, &own);
		closedir(threads);
		usleep((unsigned)random() % KILL_US);
	}
	return data;
}

int main(int argc, char **argv)
{
	pthread_t ids[THREADS], killer;
	struct stat file;

	kills = argc > 1 && !strcmp(argv[1], "kill");
	alarm(GUARD_S);
	umask(0);
	close(open("ran", O_WRONLY | O_CREAT, 0666));
	if (kills && pthread_create(&killer, NULL, kill_often, NULL))
		abort();
	for (long i = 0; i < THREADS; i++)
		if (pthread_create(&ids[i], NULL, spawn_some,
				   kills ? NULL : (void *)(i * 1000)))
			abort();
	for (int i = 0; i < THREADS; i++)
		pthread_join(ids[i], NULL);
	over = true;
	if (kills)
		pthread_join(killer, NULL);
	if (stat("ran", &file))
		abort();
	printf("failed: %d, twice: %d\n", failed,
	       file.st_size < ran || file.st_size > ran + killed);
	if (!kills)
		printf("killed: %d\n", killed);
	return 0;
}
