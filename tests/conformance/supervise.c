/* SPDX-License-Identifier: MIT */
/* Running tests that may hang; see supervise.h. */

#include "tests/conformance/supervise.h"

#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/conformance/scene.h"

#define PAUSE_MS 100
#define SHORT_PAUSE_MS 10

/* Shared by both processes. */
static struct progress {
	atomic_size_t test;
	atomic_long began_s;
	char folder[64];
} * progress;

/* Of the Test Anything Protocol, whose tests are numbered: those of several
 * processes are one list. */
static struct stream {
	int fd;
	size_t told;
	char line[4096];
	size_t length;
} stream;

/* What the process at work asks for by its descriptor, and we do. */
static struct setting {
	int asked_fd;
	int fd;
	int next_fd; /* of whoever is next to have the setting */
} setting = { .asked_fd = -1 };

static long now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static bool is_tap(void)
{
	const char *format = getenv("CMOCKA_MESSAGE_OUTPUT");

	return format && !strcasecmp(format, "TAP");
}

void supervise_tell(size_t test, const char *folder)
{
	snprintf(progress->folder, sizeof progress->folder, "%s", folder);
	progress->test = test;
	progress->began_s = now_s();
}

/* Also after a check that changed ids, which forgets whose end is ours. */
void supervise_begin(void)
{
	char granted;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	send(SUPERVISE_FD, "+", 1, MSG_NOSIGNAL);
	if (recv(SUPERVISE_FD, &granted, 1, 0) == 0)
		_exit(1); /* nobody supervises us */
}

void supervise_end(void)
{
	send(SUPERVISE_FD, "-", 1, MSG_NOSIGNAL);
}

/* -1, which nobody has to wait for: there is none, or the test that runs us has
 * it. */
static int open_setting(const char *name)
{
	char path[64];

	if (getenv(SUPERVISE_WITHIN))
		return -1;
	snprintf(path, sizeof path, "/proc/sys/vm/%s", name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* In turn with all others that wait. The process at work waits for us, and has
 * nothing to say meanwhile. */
static void take_setting(void)
{
	flock(setting.next_fd, LOCK_EX);
	flock(setting.fd, LOCK_SH);
	flock(setting.next_fd, LOCK_UN);
}

static void give_setting(void)
{
	flock(setting.fd, LOCK_UN);
}

/* A test that waits for others has not begun. */
static void serve(void)
{
	char asked;

	if (recv(setting.asked_fd, &asked, 1, MSG_DONTWAIT) != 1)
		return;
	if (asked != '+') {
		give_setting();
		return;
	}
	take_setting();
	progress->began_s = now_s();
	send(setting.asked_fd, "+", 1, MSG_NOSIGNAL);
}

/* A result gets another number, a plan comes at the end. */
static void pass_line(const char *line)
{
	const bool bad = !strncmp(line, "not ok ", 7);

	if (!strncmp(line, "1..", 3))
		return;
	if (bad || !strncmp(line, "ok ", 3)) {
		line += bad ? 7 : 3;
		line += strspn(line, "0123456789");
		printf("%s %zu%s", bad ? "not ok" : "ok", ++stream.told, line);
	} else {
		fputs(line, stdout);
	}
	fflush(stdout);
}

static void pass_on(void)
{
	char c;

	while (read(stream.fd, &c, 1) == 1) {
		if (stream.length < sizeof stream.line - 1)
			stream.line[stream.length++] = c;
		if (c != '\n')
			continue;
		stream.line[stream.length] = '\0';
		stream.length = 0;
		pass_line(stream.line);
	}
}

/* The process and all that it leaves, which come to us. */
static void kill_all(pid_t pid)
{
	pid_t pids[64];
	int left;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while ((left = children_list(pids, COUNT(pids))) > 0)
		for (int i = 0; i < left; i++) {
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, __WALL);
		}
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* 0 when it has ended by itself with *status, else why its test failed. */
static const char *await(pid_t pid, int *status)
{
	static char reason[64];

	for (;;) {
		struct pollfd there[] = {
			{ .fd = stream.fd, .events = POLLIN },
			{ .fd = setting.asked_fd, .events = POLLIN },
		};
		const pid_t ended = waitpid(pid, status, WNOHANG);

		pass_on();
		serve();
		if (ended == pid && WIFEXITED(*status))
			return NULL;
		if (ended == pid) {
			snprintf(reason, sizeof reason,
				 "the process died of signal %d",
				 WTERMSIG(*status));
			return reason;
		}
		if (now_s() - progress->began_s > scene_limit_s()) {
			snprintf(reason, sizeof reason, "took more than %d s",
				 scene_limit_s());
			return reason;
		}
		if (poll(there, COUNT(there), PAUSE_MS) > 0 &&
		    (there[0].revents | there[1].revents) & POLLHUP)
			poll(NULL, 0, SHORT_PAUSE_MS);
	}
}

static void close_all(const int fds[6])
{
	for (int i = 0; i < 6; i++)
		close(fds[i]);
}

static pid_t start(int (*run)(size_t), size_t first)
{
	int ends[2] = { -1, -1 }, ways[2];
	pid_t pid;

	fflush(NULL);
	if (is_tap() && pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		abort();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ways))
		abort();
	give_setting();
	progress->test = first;
	progress->began_s = now_s();
	progress->folder[0] = '\0';
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ends[1] >= 0) {
			fcntl(ends[1], F_SETFL, O_WRONLY);
			dup2(ends[1], 1);
		}
		dup3(ways[1], SUPERVISE_FD, O_CLOEXEC);
		close_all((const int[]){ ends[0], ends[1], ways[0], ways[1],
					 setting.fd, setting.next_fd });
		exit(run(first));
	}
	close(ends[1]);
	close(ways[1]);
	stream.fd = ends[0];
	setting.asked_fd = ways[0];
	return pid;
}

static void tell_failure(const char *name, const char *reason)
{
	if (is_tap())
		printf("not ok %zu - %s: %s\n", ++stream.told, name, reason);
	else
		printf("[  FAILED  ] %s: %s\n", name, reason);
	fflush(stdout);
}

int supervise(int (*run)(size_t first), size_t count,
	      const char *(*name_of)(size_t test))
{
	size_t first = 0;
	int failures = 0;

	progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (progress == MAP_FAILED)
		return 1;
	setting.fd = open_setting("overcommit_memory");
	setting.next_fd = open_setting("overcommit_ratio");
	while (first < count) {
		int status = 0;
		const pid_t pid = start(run, first);
		const char *reason = await(pid, &status);

		first = count;
		failures += !reason && status;
		if (reason) {
			kill_all(pid);
			pass_on();
			tell_failure(name_of(progress->test), reason);
			scene_sweep(progress->folder);
			first = progress->test + 1;
			failures++;
		}
		if (stream.fd >= 0)
			close(stream.fd);
		close(setting.asked_fd);
	}
	if (is_tap())
		printf("1..%zu\n", stream.told);
	return failures != 0;
}
