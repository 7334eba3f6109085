/* SPDX-License-Identifier: MIT */
/*
 * `eventloop STRATEGY COMMAND...` starts commands for the shell without waiting
 * for any, and hears of their ends through pidfds.
 *
 *     cc eventloop.c $(pkg-config --cflags --libs spawnwise) -o eventloop
 */

#include <errno.h>
#include <spawnwise.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

struct job {
	char *argv[4]; /* lent to the library until the spawn is confirmed */
	struct sw_child child;
	bool waits; /* to be started */
};

struct loop {
	struct sw_handle *handle;
	int epoll_fd;
	struct job *jobs;
	int job_count, in_flight_count;
	int over_count; /* ended, or failed to start */
};

static void watch(const struct loop *loop, int fd, struct job *job)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = job };

	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event)) {
		perror("eventloop: cannot watch");
		exit(1);
	}
}

static void fail(struct loop *loop, const struct job *job, int error)
{
	printf("'%s' did not start: %s\n", job->argv[2], strerror(-error));
	loop->over_count++;
}

/* A strategy may have a helper, which may die. */
static int renew(const struct loop *loop)
{
	const int error = sw_refresh(loop->handle);

	if (error)
		fprintf(stderr, "eventloop: no helper: %s\n", strerror(-error));
	return error;
}

static int start(const struct loop *loop, struct job *job)
{
	const struct sw_request request = {
		.path = job->argv[0],
		.argv = job->argv,
		.fields = SW_PIDFD,
	};
	const int error = sw_spawn(loop->handle, &request, &job->child);

	if (error == -EPIPE && !renew(loop))
		return sw_spawn(loop->handle, &request, &job->child);
	return error;
}

/* Start jobs until as many are in flight as the strategy can take. */
static void start_all(struct loop *loop)
{
	for (int i = 0; i < loop->job_count; i++) {
		struct job *job = &loop->jobs[i];
		int error;

		if (!job->waits)
			continue;
		error = start(loop, job);
		if (error == -EAGAIN && !job->child.stage)
			return;
		job->waits = false;
		loop->in_flight_count += !error;
		if (error)
			fail(loop, job, error);
	}
}

/* Take the answers that have come; never wait for one. */
static void confirm_all(struct loop *loop)
{
	for (int i = 0; i < loop->job_count; i++) {
		struct job *job = &loop->jobs[i];
		int error;

		if (!job->child.in_flight)
			continue;
		error = sw_confirm(loop->handle, &job->child, 0);
		if (job->child.in_flight)
			continue;
		loop->in_flight_count--;
		if (!error)
			watch(loop, job->child.pidfd, job);
		else if (error == -EPIPE && !job->child.stage)
			job->waits = true; /* the helper died, nothing ran */
		else
			fail(loop, job, error);
	}
}

/* Its pidfd is readable: the command has ended. */
static void end(struct loop *loop, struct job *job)
{
	int status = 0;

	/* close(2) is not enough: a child on its way to exec has a copy, and
	 * the event would come again. */
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, job->child.pidfd, NULL);
	close(job->child.pidfd);
	sw_reap(loop->handle, &job->child, &status);
	printf("'%s' ended with status %d\n", job->argv[2], status);
	loop->over_count++;
}

static void run(struct loop *loop)
{
	const int answer_fd = sw_poll_fd(loop->handle);
	/* Where nothing can tell of an answer, we ask every millisecond. */
	const int poll_ms = answer_fd < 0 ? 1 : -1;
	struct epoll_event event;

	if (answer_fd >= 0)
		watch(loop, answer_fd, NULL);
	for (;;) {
		confirm_all(loop);
		start_all(loop);
		if (loop->over_count == loop->job_count)
			return;
		/* The other descriptors of a program would be served here. */
		if (epoll_wait(loop->epoll_fd, &event, 1,
			       loop->in_flight_count ? poll_ms : -1) < 1)
			continue;
		if (event.data.ptr)
			end(loop, event.data.ptr);
		else if (!loop->in_flight_count && renew(loop))
			return;
	}
}

int main(int argc, char **argv)
{
	const struct sw_strategy *strategy = sw_find(argc > 1 ? argv[1] : "");
	struct loop loop = { .job_count = argc - 2 };
	int error;

	if (argc < 3) {
		fputs("usage: eventloop STRATEGY COMMAND...\n", stderr);
		return 2;
	}
	if (!strategy || !(strategy->honours & SW_PIDFD)) {
		fputs("eventloop: no such strategy with pidfd\n", stderr);
		return 2;
	}
	error = sw_open(strategy, &loop.handle);
	if (error) {
		fprintf(stderr, "eventloop: cannot open %s: %s\n", argv[1],
			strerror(-error));
		return 1;
	}
	loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop.jobs = calloc((size_t)loop.job_count, sizeof *loop.jobs);
	if (loop.epoll_fd < 0 || !loop.jobs) {
		perror("eventloop: cannot start");
		return 1;
	}
	for (int i = 0; i < loop.job_count; i++) {
		loop.jobs[i].argv[0] = (char *)"/bin/sh";
		loop.jobs[i].argv[1] = (char *)"-c";
		loop.jobs[i].argv[2] = argv[i + 2];
		loop.jobs[i].waits = true;
	}
	run(&loop);
	sw_close(loop.handle);
	free(loop.jobs);
	close(loop.epoll_fd);
	return 0;
}
