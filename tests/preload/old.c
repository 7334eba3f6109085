/* SPDX-License-Identifier: MIT */
/*
 * A program that was linked before glibc 2.15: its posix_spawn(3) gives a text
 * without "#!" to /bin/sh. The same under every strategy as without one.
 */

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

__asm__(".symver posix_spawn, posix_spawn@GLIBC_2.2.5\n"
	".symver posix_spawnp, posix_spawnp@GLIBC_2.2.5\n");

#define WORDS(...) ((char *const *)(const char *const[]){ __VA_ARGS__, NULL })

static pid_t pid;

static void tell(const char *what, int error)
{
	int status = 0;

	if (!error)
		waitpid(pid, &status, 0);
	printf("%s: %s, status %#x\n", what, strerrorname_np(error),
	       (unsigned)status);
}

static void run(const char *what, const char *path, char *const *argv)
{
	tell(what, posix_spawn(&pid, path, NULL, NULL, argv, environ));
}

static void search(const char *name, char *const *argv)
{
	tell(name, posix_spawnp(&pid, name, NULL, NULL, argv, environ));
}

int main(void)
{
	char *const none[] = { NULL };
	FILE *text = fopen("text", "w");

	fputs("echo \"$0 $*\"; exit 5\n", text);
	fchmod(fileno(text), 0700);
	fclose(text);
	setvbuf(stdout, NULL, _IONBF, 0);
	setenv("PATH", ".:/usr/bin:/bin", 1);
	run("text", "./text", WORDS("name", "a", "b"));
	run("no words", "./text", none);
	run("absent", "./absent", WORDS("x"));
	search("text", WORDS("x", "c"));
	search("sh", WORDS("sh", "-c", "exit 3"));
	return 0;
}
