/* SPDX-License-Identifier: MIT */
/* The descriptor for event loops: it tells of every answer, of a death, and of
 * nothing else. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/conformance/checks.h"
#include "tests/conformance/scene.h"

#define LOOP_SPAWNS 300
#define LOOP_IN_FLIGHT 16
#define PATIENCE_S 5

static const struct sw_request good = {
	.path = "/bin/true",
	.argv = ARGV("true"),
};

static bool is_readable(int fd)
{
	struct pollfd entry = { .fd = fd, .events = POLLIN };

	return poll(&entry, 1, 0) == 1;
}

/* As an event loop does: confirm nothing before the descriptor tells. The
 * first request is under way, or answered, when the descriptor is made. */
static void event_loop_is_told(void **state)
{
	struct scene *scene = *state;
	struct sw_child flock[LOOP_IN_FLIGHT] = { 0 };
	const int loop = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };
	int fd, started = 1, ended = 0;

	assert_int_equal(sw_spawn(scene->handle, &good, &flock[0]), 0);
	fd = sw_poll_fd(scene->handle);
	assert_true(fd >= 0);
	assert_int_equal(sw_poll_fd(scene->handle), fd);
	assert_int_equal(epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event), 0);
	assert_int_equal(epoll_wait(loop, &event, 1, -1), 1);
	while (ended < LOOP_SPAWNS) {
		for (int i = 0; i < LOOP_IN_FLIGHT; i++) {
			if (flock[i].pidfd || started == LOOP_SPAWNS)
				continue;
			assert_int_equal(
				sw_spawn(scene->handle, &good, &flock[i]), 0);
			started++;
		}
		assert_int_equal(epoll_wait(loop, &event, 1, -1), 1);
		for (int i = 0; i < LOOP_IN_FLIGHT; i++) {
			int error;

			if (!flock[i].pidfd)
				continue;
			error = sw_confirm(scene->handle, &flock[i], 0);
			if (error == -EAGAIN)
				continue;
			assert_int_equal(error, 0);
			waitpid(flock[i].pid, NULL, 0);
			flock[i].pidfd = 0; /* free; -1 is in use */
			ended++;
		}
	}
	assert_int_equal(epoll_wait(loop, &event, 1, 0), 0);
	helper_kill(helper_find());
	assert_int_equal(epoll_wait(loop, &event, 1, -1), 1);
	assert_int_equal(sw_refresh(scene->handle), 0);
	assert_int_equal(epoll_wait(loop, &event, 1, 0), 0);
	close(loop);
}

/* A death is told as long as it may be news: until the last request in flight
 * has its answer, or a new one is refused. */
static void death_is_told_until_known(void **state)
{
	struct scene *scene = *state;
	const int fd = sw_poll_fd(scene->handle);
	struct sw_child first, second;

	for (int i = 0; i < 3; i++) {
		const pid_t helper = helper_find();

		helper_stop(helper);
		assert_int_equal(sw_spawn(scene->handle, &good, &first), 0);
		assert_int_equal(sw_spawn(scene->handle, &good, &second), 0);
		assert_false(is_readable(fd));
		helper_kill(helper);
		assert_true(is_readable(fd));
		assert_int_equal(sw_confirm(scene->handle, &first, -1), -EPIPE);
		assert_true(is_readable(fd));
		assert_int_equal(sw_confirm(scene->handle, &second, -1),
				 -EPIPE);
		assert_false(is_readable(fd));
		assert_int_equal(sw_poll_fd(scene->handle), fd);
		assert_int_equal(sw_refresh(scene->handle), 0);
		assert_false(is_readable(fd));
		helper_kill(helper_find());
		assert_true(is_readable(fd));
		for (int j = 0; j < 2; j++) {
			errno = EDOM;
			assert_int_equal(sw_spawn(scene->handle, &good, &first),
					 -EPIPE);
			assert_int_equal(errno, EDOM);
			assert_false(is_readable(fd));
		}
		assert_int_equal(sw_refresh(scene->handle), 0);
		assert_int_equal(scene_run(scene, &good), 0);
		assert_int_equal(sw_poll_fd(scene->handle), fd);
	}
}

struct question {
	struct sw_handle *handle;
	int answer;
};

/* In a thread, which would end at its first cancellation point. */
static void *ask_when_cancelled(void *data)
{
	struct question *question = data;

	pthread_cancel(pthread_self());
	question->answer = sw_poll_fd(question->handle);
	pthread_testcancel();
	return NULL;
}

/* There is room for the set and not for the pipe: what was opened is closed,
 * and close(2) is a cancellation point. */
static void cancelled_thread_leaves_no_lock(void **state)
{
	struct scene *scene = *state;
	const int descriptors = descriptors_count(0);
	struct rlimit before, full;
	struct question question = { .handle = scene->handle };
	pthread_t thread;
	void *result;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	full = before;
	full.rlim_cur = (rlim_t)fcntl(0, F_DUPFD_CLOEXEC, 0) + 1;
	close((int)full.rlim_cur - 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &full), 0);
	assert_int_equal(
		pthread_create(&thread, NULL, ask_when_cancelled, &question),
		0);
	pthread_join(thread, &result);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_ptr_equal(result, PTHREAD_CANCELED);
	assert_int_equal(question.answer, -EMFILE);
	assert_int_equal(descriptors_count(0), descriptors);
	assert_true(sw_poll_fd(scene->handle) >= 0);
	assert_int_equal(scene_run(scene, &good), 0);
}

static const char *no_tracing(void)
{
	const pid_t pid = fork();
	long error;

	if (!pid) {
		pause();
		_exit(0);
	}
	error = ptrace(PTRACE_SEIZE, pid, 0, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return error ? "processes cannot be traced" : children_unseen();
}

/* Let a traced process run up to its next system call, or out of it. */
static void step(pid_t pid)
{
	assert_int_equal(ptrace(PTRACE_SYSCALL, pid, 0, 0), 0);
	assert_int_equal(waitpid(pid, NULL, __WALL), pid);
}

static bool enters_write(pid_t pid)
{
	struct __ptrace_syscall_info info = { 0 };

	ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
	return info.op == PTRACE_SYSCALL_INFO_ENTRY &&
	       info.entry.nr == SYS_write;
}

/* The helper is held when it has an answer to tell of, until that is fetched:
 * what it then writes is not there for ever. */
static void late_news_is_taken_back(void **state)
{
	struct scene *scene = *state;
	const pid_t helper = helper_find();
	const int fd = sw_poll_fd(scene->handle);
	const time_t start = time(NULL);
	struct sw_child child;

	assert_int_equal(ptrace(PTRACE_SEIZE, helper, 0, PTRACE_O_TRACESYSGOOD),
			 0);
	assert_int_equal(ptrace(PTRACE_INTERRUPT, helper, 0, 0), 0);
	assert_int_equal(waitpid(helper, NULL, __WALL), helper);
	assert_int_equal(sw_spawn(scene->handle, &good, &child), 0);
	do
		step(helper);
	while (!enters_write(helper));
	assert_int_equal(sw_confirm(scene->handle, &child, -1), 0);
	assert_int_equal(waitpid(child.pid, NULL, 0), child.pid);
	assert_false(is_readable(fd));
	step(helper);
	assert_true(is_readable(fd));
	assert_int_equal(ptrace(PTRACE_DETACH, helper, 0, 0), 0);
	while (is_readable(fd) && time(NULL) < start + PATIENCE_S)
		sched_yield();
	assert_false(is_readable(fd));
	assert_int_equal(scene_run(scene, &good), 0);
}

const struct check poll_checks[] = {
	{ .name = "an event loop is told of answers and of a death",
	  .run = event_loop_is_told,
	  NEEDS_HELPER },
	{ .name = "a death is told until it is known",
	  .run = death_is_told_until_known,
	  NEEDS_HELPER },
	{ .name = "a cancelled thread that asked for it leaves no lock",
	  .run = cancelled_thread_leaves_no_lock,
	  NEEDS_HELPER },
	{ .name = "news that come too late are taken back",
	  .run = late_news_is_taken_back,
	  .needs = SW_NEEDS_EARLY_OPEN,
	  .obstacle = no_tracing },
	{ .name = NULL },
};
