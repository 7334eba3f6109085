/* SPDX-License-Identifier: MIT */
/* What a test of random requests stands on; see differential.h. */

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/differential/differential.h"

#define DESCRIPTORS 1024

static char made[] = "/tmp/spawnwise-test.XXXXXX";
const char *folder = made;

static void insist(bool truth, const char *what)
{
	if (truth)
		return;
	perror(what);
	exit(2);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	FILE *stream = fopen(name, "we");

	insist(stream && fputs(text, stream) >= 0 && !fclose(stream) &&
		       !chmod(name, mode),
	       name);
}

/* The program lies beside the test. */
static void copy_dump(void)
{
	char path[4096];
	const ssize_t length =
		readlink("/proc/self/exe", path, sizeof path - 8);
	struct stat status;
	int from, to;

	insist(length > 0, "/proc/self/exe");
	path[length] = '\0';
	strcpy(strrchr(path, '/') + 1, "dump");
	from = open(path, O_RDONLY | O_CLOEXEC);
	to = open("dump", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	insist(from >= 0 && to >= 0 && !fstat(from, &status) &&
		       sendfile(to, from, NULL, (size_t)status.st_size) ==
			       status.st_size,
	       path);
	close(from);
	close(to);
	chmod("dump", 0755);
}

static void make_descriptors(void)
{
	struct rlimit limit;

	insist(!getrlimit(RLIMIT_NOFILE, &limit), "RLIMIT_NOFILE");
	limit.rlim_cur = DESCRIPTORS;
	insist(!setrlimit(RLIMIT_NOFILE, &limit), "RLIMIT_NOFILE");
	for (int fd = FIXED_FIRST; fd <= FIXED_LAST; fd++) {
		const char *name = fd % 5 ? "file" : "inner";
		const int opened = open(name, O_RDONLY | O_CLOEXEC);

		insist(dup3(opened, fd, fd % 2 ? O_CLOEXEC : 0) == fd, name);
		close(opened);
	}
}

/* A terminal is not touched: the standard descriptors are files, 0 is of those
 * that exec closes, and the report goes elsewhere. */
static void make_stdio(void)
{
	const int report = fcntl(1, F_DUPFD_CLOEXEC, 100);
	const int file = open("file", O_RDWR | O_CLOEXEC);

	stdout = fdopen(report, "w");
	insist(stdout && dup2(file, 1) == 1 && dup2(file, 2) == 2 &&
		       dup3(file, 0, O_CLOEXEC) == 0,
	       "stdout");
	close(file);
}

/* Until our end, as keep_setting -s of tests/helpers.bash: in mode 2 a fork may
 * be refused while another process asks for too much. */
static void keep_setting(void)
{
	const int fd =
		open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC);

	flock(fcntl(fd, F_DUPFD_CLOEXEC, 100), LOCK_SH);
	close(fd);
}

static void handle_it(int number)
{
	(void)number;
}

void fixture_make(void)
{
	char path[128];

	closefrom(3);
	insist(mkdtemp(made) && !chdir(made) && !chmod(made, 0755), made);
	umask(022);
	insist(!mkdir("inner", 0755) && !mkdir("inner/deeper", 0755) &&
		       !mkdir("closed", 0700) && !mkdir("seen", 0) &&
		       !chmod("seen", 0777),
	       "inner");
	/* Each folder has one that O_CREAT finds. */
	write_file("file", "nothing\n", 0666);
	write_file("inner/file", "nothing\n", 0666);
	write_file("inner/deeper/file", "nothing\n", 0666);
	write_file("closed/file", "nothing\n", 0666);
	insist(!chmod("closed", 0), "closed");
	write_file("text", "exit 3\n", 0755);
	copy_dump();
	snprintf(path, sizeof path, "#!%s/dump word\n", folder);
	write_file("script", path, 0755);
	snprintf(path, sizeof path, "closed:nowhere:file::%s", folder);
	setenv("PATH", path, 1);
	make_descriptors();
	make_stdio();
	keep_setting();
	for (int number = 1; number < 32; number++)
		if (number == SIGUSR1 || number == SIGPIPE || number == SIGHUP)
			signal(number, SIG_IGN);
		else if (number == SIGUSR2 || number == SIGTERM)
			signal(number, handle_it);
		else
			signal(number, SIG_DFL);
}

static int remove_entry(const char *path, const struct stat *status, int kind,
			struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

void fixture_remove(void)
{
	chmod("closed", 0700);
	nftw(made, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
