/* SPDX-License-Identifier: MIT */
/*
 * A program that uses all of posix_spawn(3) and prints what came of it: the
 * same under every strategy as without one. It runs in an empty folder of its
 * own, and its children are mostly itself: `spawn look` prints what it finds.
 *
 * Long for a file, because it is one program: what one step leaves behind, the
 * next one meets.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define GUARD_S 60
#define THREADS 150 /* more than a strategy has room for at once */

#define WORDS(...) ((char *const *)(const char *const[]){ __VA_ARGS__, NULL })
#define LOOK WORDS("spawn", "look")

static char *self;

struct setting {
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
};

static void open_setting(struct setting *setting)
{
	posix_spawn_file_actions_init(&setting->actions);
	posix_spawnattr_init(&setting->attributes);
}

static void close_setting(struct setting *setting)
{
	posix_spawn_file_actions_destroy(&setting->actions);
	posix_spawnattr_destroy(&setting->attributes);
}

/* Prints the error or how the child ended. */
static void tell(const char *what, int error, pid_t pid)
{
	const int left = errno;
	int status = 0;

	/* Not what POSIX says, but what programs look at. */
	if (error) {
		printf("%s: %s, errno %s\n", what, strerrorname_np(error),
		       strerrorname_np(left));
	} else if (waitpid(pid, &status, 0) != pid) {
		printf("%s: waitpid %s\n", what, strerrorname_np(errno));
	} else {
		printf("%s: status %#x\n", what, (unsigned)status);
	}
}

static void run(const char *what, const char *path, char *const *argv,
		struct setting *setting)
{
	pid_t pid = -1;
	int error = posix_spawn(&pid, path, setting ? &setting->actions : NULL,
				setting ? &setting->attributes : NULL, argv,
				environ);

	tell(what, error, pid);
	if (setting)
		close_setting(setting);
}

static void search(const char *name)
{
	char *const *argv = WORDS(name, "-c", "exit 5");
	pid_t pid = -1;
	int error = posix_spawnp(&pid, name, NULL, NULL, argv, environ);

	tell(name, error, pid);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	const int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode))
		abort();
	close(fd);
}

static void programs(void)
{
	char *const *shell = WORDS("sh", "-c", "exit 3");
	char *const *killed = WORDS("sh", "-c", "kill -9 $$");
	char long_name[5000];
	int fd;

	memset(long_name, 'x', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = '\0';
	write_file("plain", "nothing\n", 0600);
	write_file("empty", "", 0700);
	write_file("no-interpreter", "#!/absent\n", 0700);
	write_file("busy", "#!/bin/sh\n", 0700);
	if (symlink("loop", "loop"))
		abort();
	fd = open("busy", O_WRONLY | O_CLOEXEC);
	run("exit", "/bin/sh", shell, NULL);
	run("signal", "/bin/sh", killed, NULL);
	run("absent", "./absent", shell, NULL);
	run("plain", "./plain", shell, NULL);
	run("empty", "./empty", shell, NULL);
	run("no interpreter", "./no-interpreter", shell, NULL);
	run("busy", "./busy", shell, NULL);
	run("folder", ".", shell, NULL);
	run("under a file", "plain/under", shell, NULL);
	run("loop", "./loop", shell, NULL);
	run("long name", long_name, shell, NULL);
	close(fd);
	search("sh");
	search("no-such-program");
	search("");
	setenv("PATH", ".:/absent", 1);
	search("plain");
	search("empty");
	setenv("PATH", "/usr/bin:/bin", 1);
}

static void descriptors(void)
{
	struct setting s;
	char path[] = "made";

	open_setting(&s);
	posix_spawn_file_actions_addopen(&s.actions, 7, path,
					 O_RDWR | O_CREAT | O_EXCL, 0640);
	strcpy(path, "gone"); /* the action has its own copy */
	posix_spawn_file_actions_adddup2(&s.actions, 7, 9);
	posix_spawn_file_actions_adddup2(&s.actions, 9, 9);
	posix_spawn_file_actions_addclose(&s.actions, 7);
	posix_spawn_file_actions_addclose(&s.actions, 99);
	posix_spawn_file_actions_addchdir_np(&s.actions, "/usr");
	run("actions", self, LOOK, &s);

	open_setting(&s);
	posix_spawn_file_actions_addopen(&s.actions, 5, "/", O_RDONLY, 0);
	posix_spawn_file_actions_addfchdir_np(&s.actions, 5);
	posix_spawn_file_actions_adddup2(&s.actions, 5, 8);
	posix_spawn_file_actions_addclosefrom_np(&s.actions, 6);
	run("closefrom", self, LOOK, &s);
}

static void bad_actions(void)
{
	struct setting s;

	open_setting(&s);
	printf("%d %d %d %d %d\n",
	       posix_spawn_file_actions_addclose(&s.actions, -1),
	       posix_spawn_file_actions_addopen(&s.actions, 1 << 30, "/", 0, 0),
	       posix_spawn_file_actions_adddup2(&s.actions, 1, -1),
	       posix_spawn_file_actions_adddup2(&s.actions, -1, 1),
	       posix_spawn_file_actions_addfchdir_np(&s.actions, -1));
	posix_spawn_file_actions_adddup2(&s.actions, 50, 51);
	run("dup2 of nothing", self, LOOK, &s);
	open_setting(&s);
	posix_spawn_file_actions_adddup2(&s.actions, 50, 50);
	run("dup2 of nothing on itself", self, LOOK, &s);
	open_setting(&s);
	posix_spawn_file_actions_addopen(&s.actions, 5, "absent", O_RDONLY, 0);
	run("open of nothing", self, LOOK, &s);
	open_setting(&s);
	posix_spawn_file_actions_addchdir_np(&s.actions, "plain");
	run("chdir to a file", self, LOOK, &s);
	open_setting(&s);
	posix_spawn_file_actions_addfchdir_np(&s.actions, 50);
	run("fchdir to nothing", self, LOOK, &s);
	open_setting(&s);
	posix_spawn_file_actions_addopen(&s.actions, 5, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_addtcsetpgrp_np(&s.actions, 5);
	run("no terminal", self, LOOK, &s);
}

static void set_flags(struct setting *setting, short flags)
{
	short kept = -1;

	posix_spawnattr_setflags(&setting->attributes, flags);
	posix_spawnattr_getflags(&setting->attributes, &kept);
	printf("flags %d\n", kept == flags);
}

/* Not every strategy honours all of them: SKIP names those to leave out. */
static bool is_wanted(const char *field)
{
	const char *skipped = getenv("SKIP");

	return !skipped || !strstr(skipped, field);
}

static void group_and_signals(void)
{
	struct setting s;
	sigset_t set;

	open_setting(&s);
	set_flags(&s, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
			      POSIX_SPAWN_SETSIGDEF);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	posix_spawnattr_setsigmask(&s.attributes, &set);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	posix_spawnattr_setsigdefault(&s.attributes, &set);
	signal(SIGUSR2, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	run("group", self, LOOK, &s);
	signal(SIGUSR2, SIG_DFL);
	signal(SIGHUP, SIG_DFL);

	open_setting(&s);
	set_flags(&s, POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&s.attributes, 1);
	run("another's group", self, LOOK, &s);
}

static void scheduling(void)
{
	const struct sched_param good = { 0 }, bad = { 99 };
	struct setting s;

	open_setting(&s);
	set_flags(&s, POSIX_SPAWN_SETSCHEDULER);
	posix_spawnattr_setschedpolicy(&s.attributes, SCHED_OTHER);
	run("policy", self, LOOK, &s);
	open_setting(&s);
	set_flags(&s, POSIX_SPAWN_SETSCHEDPARAM);
	posix_spawnattr_setschedparam(&s.attributes, &good);
	run("priority", self, LOOK, &s);
	open_setting(&s);
	set_flags(&s, POSIX_SPAWN_SETSCHEDPARAM);
	posix_spawnattr_setschedparam(&s.attributes, &bad);
	run("bad priority", self, LOOK, &s);
}

static void attributes(void)
{
	struct setting s;

	open_setting(&s);
	printf("setflags %d, setschedpolicy %d\n",
	       posix_spawnattr_setflags(&s.attributes, 0x4000),
	       posix_spawnattr_setschedpolicy(&s.attributes, 77));
	close_setting(&s);
	group_and_signals();
	if (is_wanted("session")) {
		open_setting(&s);
		set_flags(&s, POSIX_SPAWN_SETSID);
		run("session", self, LOOK, &s);
	}
	if (is_wanted("sched"))
		scheduling();
	open_setting(&s);
	set_flags(&s, POSIX_SPAWN_RESETIDS);
	run("reset ids", self, LOOK, &s);
}

static void environments(void)
{
	char *const *few = WORDS("ONLY=this");
	char *const *argv = WORDS("spawn", "env");
	pid_t pid = -1;
	int error = posix_spawn(&pid, self, NULL, NULL, argv, few);

	tell("few variables", error, pid);
	error = posix_spawn(&pid, self, NULL, NULL, argv, NULL);
	tell("no variables", error, pid);
	error = posix_spawn(NULL, self, NULL, NULL, argv, few);
	printf("no pid: %d, %d\n", error, wait(NULL) > 0);
}

/* A copy of this process spawns on its own. */
static void copies(void)
{
	char *const *argv = WORDS("sh", "-c", "exit 6");
	const pid_t pid = fork();

	if (!pid) {
		run("in a copy", "/bin/sh", argv, NULL);
		run("in a copy again", "./absent", argv, NULL);
		exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void *spawn_some(void *data)
{
	char *const *argv = WORDS("sh", "-c", "exit 1");
	long failed = 0;

	(void)data;
	for (int i = 0; i < 4; i++) {
		pid_t pid;
		int status = 0;

		failed += posix_spawn(&pid, "/bin/sh", NULL, NULL, argv,
				      environ) ||
			  waitpid(pid, &status, 0) != pid || status != 1 << 8;
	}
	return (void *)failed;
}

static void threads(void)
{
	pthread_t ids[THREADS];
	long failed = 0;

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&ids[i], NULL, spawn_some, NULL))
			abort();
	for (int i = 0; i < THREADS; i++) {
		void *result;

		pthread_join(ids[i], &result);
		failed += (long)result;
	}
	printf("threads: %ld failed\n", failed);
}

static void print_descriptors(void)
{
	struct stat status;

	for (int fd = 0; fd < 100; fd++)
		if (!fstat(fd, &status))
			printf("  %d%s", fd,
			       fcntl(fd, F_GETFD) ? " closed by exec" : "");
	puts(" open");
}

static int count_descriptors(void)
{
	int count = 0;
	DIR *folder = opendir("/proc/self/fd");

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static int look_around(void)
{
	char folder[100];
	sigset_t mask;

	printf("  in %s, leads group %d, session %d\n",
	       getcwd(folder, sizeof folder) ? folder : "?",
	       getpgrp() == getpid(), getsid(0) == getpid());
	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int number = 1; number < 32; number++) {
		struct sigaction action;

		sigaction(number, NULL, &action);
		if (sigismember(&mask, number))
			printf("  blocks %d\n", number);
		if (action.sa_handler == SIG_IGN)
			printf("  ignores %d\n", number);
	}
	printf("  policy %d\n", sched_getscheduler(0));
	print_descriptors();
	return 4;
}

static int print_environment(void)
{
	for (char **each = environ; *each; each++)
		printf("  %s\n", *each);
	return 0;
}

int main(int argc, char **argv)
{
	const int before = count_descriptors();

	alarm(GUARD_S);
	setvbuf(stdout, NULL, _IONBF, 0);
	self = realpath("/proc/self/exe", NULL);
	if (argc > 1 && !strcmp(argv[1], "look"))
		return look_around();
	if (argc > 1 && !strcmp(argv[1], "env"))
		return print_environment();
	programs();
	descriptors();
	bad_actions();
	attributes();
	environments();
	copies();
	threads();
	printf("children left: %d\n", waitpid(-1, NULL, 0) > 0);
	printf("descriptors left: %d\n", count_descriptors() - before);
	free(self);
	return 0;
}
