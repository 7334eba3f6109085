/* SPDX-License-Identifier: MIT */
/*
 * differential [--seed N] [--count N] [--strategy NAME] [--threads N]: random
 * requests by every strategy and by an independent fork; see differential.h.
 * Without a count for 5 seconds. `spawnwise with NAME differential --strategy
 * posix_spawn` compares what `with` makes of the libc's call. Long because a
 * difference is made small and told line by line.
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/differential/differential.h"

#define STRATEGIES_MAX 32
#define THREADS_MAX 64
#define SECONDS 5
#define PATIENCE_S 60

struct subject {
	const struct sw_strategy *strategy;
	struct sw_handle *handle;
	atomic_long request_count, started_count, difference_count;
};

static struct subject subjects[STRATEGIES_MAX];
static size_t subject_count;
static uint64_t seed;
static long count; /* 0: as many as there is time for */
static int thread_count = 3;
static time_t end;
static atomic_long turn;
static long current[THREADS_MAX]; /* of each thread */
static pthread_mutex_t report = PTHREAD_MUTEX_INITIALIZER;

static int by_strategy(struct subject *subject,
		       const struct sw_request *request, struct sw_child *child)
{
	int error = sw_spawn(subject->handle, request, child);

	if (!error)
		error = sw_confirm(subject->handle, child, -1);
	return error;
}

/* A strategy's helper may have to be renewed. */
static int spawn(struct subject *subject, const struct sw_request *request,
		 struct sw_child *child)
{
	return subject ? by_strategy(subject, request, child)
		       : reference_spawn(request, child);
}

static void read_seen(struct outcome *outcome, pid_t pid)
{
	char name[64];
	size_t length = 0;
	ssize_t part;
	int fd;

	snprintf(name, sizeof name, "seen/%d", (int)pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (part = read(fd, outcome->seen + length,
				       SEEN_BYTES - 1 - length)) > 0)
		length += (size_t)part;
	outcome->seen[length] = '\0';
	close(fd);
	unlink(name);
}

static bool has_good_pidfd(const struct sw_child *child)
{
	siginfo_t info = { 0 };
	const int error = waitid((idtype_t)P_PIDFD, (id_t)child->pidfd, &info,
				 WEXITED | WNOWAIT);

	close(child->pidfd);
	return !error && info.si_pid == child->pid;
}

static void try(struct subject *subject, const struct plan *plan,
		struct outcome *outcome)
{
	const struct sw_request *request = &plan->request;
	struct sw_child child;
	sigset_t before;

	outcome->seen[0] = '\0';
	outcome->status = -1;
	pthread_sigmask(SIG_SETMASK, &plan->caller_mask, &before);
	outcome->error = spawn(subject, request, &child);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	outcome->stage = child.stage;
	outcome->action = child.action;
	if (outcome->error)
		return;
	if (subject && request->fields & SW_PIDFD && !has_good_pidfd(&child))
		outcome->error = -EBADF;
	if (waitpid(child.pid, &outcome->status, 0) != child.pid)
		outcome->status = -1;
	read_seen(outcome, child.pid);
}

/* The libc does not tell the step. */
static bool differ(const struct outcome *expected, const struct outcome *found)
{
	if (expected->error != found->error)
		return true;
	if (found->error)
		return found->stage && (found->stage != expected->stage ||
					found->action != expected->action);
	return expected->status != found->status ||
	       strcmp(expected->seen, found->seen) != 0;
}

static bool is_different(struct subject *subject, const struct plan *plan,
			 struct outcome *expected, struct outcome *found)
{
	try(NULL, plan, expected);
	try(subject, plan, found);
	return differ(expected, found);
}

/* Leave out what the difference does not need. */
static void shrink(struct subject *subject, struct plan *plan,
		   struct outcome *expected, struct outcome *found)
{
	struct sw_request *request = &plan->request;

	for (unsigned left = request->fields; left; left &= left - 1) {
		request->fields &= ~(left & -left);
		if (!is_different(subject, plan, expected, found))
			request->fields |= left & -left;
	}
	for (size_t i = request->action_count; i-- > 0;) {
		const struct sw_action action = plan->actions[i];
		const size_t bytes =
			(request->action_count - i - 1) * sizeof action;

		memmove(plan->actions + i, plan->actions + i + 1, bytes);
		request->action_count--;
		if (is_different(subject, plan, expected, found))
			continue;
		memmove(plan->actions + i + 1, plan->actions + i, bytes);
		plan->actions[i] = action;
		request->action_count++;
	}
	is_different(subject, plan, expected, found);
}

static void print_outcome(const char *name, const struct outcome *outcome)
{
	const char *stage = outcome->stage ? sw_field_name(outcome->stage) : "";

	printf("# %s: error %d (%s) %s %d, status %x\n", name, outcome->error,
	       strerror(-outcome->error), stage, outcome->action,
	       (unsigned)outcome->status);
}

static const char *line_end(const char *text)
{
	return text + strcspn(text, "\n") + (text[strcspn(text, "\n")] != 0);
}

/* The lines that only one of them has, as far as lines agree in place. */
static void print_lines(const char *expected, const char *found)
{
	for (int shown = 0; (*expected || *found) && shown < 8;) {
		const char *expected_end = line_end(expected);
		const char *found_end = line_end(found);
		const size_t length = (size_t)(expected_end - expected);

		if (length != (size_t)(found_end - found) ||
		    strncmp(expected, found, length)) {
			printf("# < %.*s# > %.*s", (int)length, expected,
			       (int)(found_end - found), found);
			shown++;
		}
		expected = expected_end;
		found = found_end;
	}
	puts("");
}

static void tell(struct subject *subject, struct plan *plan, long number,
		 struct outcome *expected, struct outcome *found)
{
	const char *name = subject->strategy->name;

	pthread_mutex_lock(&report);
	if (atomic_fetch_add(&subject->difference_count, 1) < 3) {
		printf("# %s: request %ld of seed %lu differs\n", name, number,
		       (unsigned long)seed);
		print_outcome("first, fork", expected);
		print_outcome("first, found", found);
		shrink(subject, plan, expected, found);
		plan_print(plan);
		print_outcome("fork", expected);
		print_outcome(name, found);
		if (!expected->error && !found->error)
			print_lines(expected->seen, found->seen);
		fflush(stdout);
	}
	pthread_mutex_unlock(&report);
}

static void release(struct plan *plan)
{
	for (int i = 0; i < WORDS_MAX; i++) {
		free(plan->argv[i]);
		free(plan->envp[i]);
	}
}

static bool take_turn(long *number)
{
	*number = atomic_fetch_add(&turn, 1);
	return count ? *number < count : time(NULL) < end;
}

static void *work(void *data)
{
	long *mine = data;
	struct outcome *expected = malloc(2 * sizeof *expected);
	struct outcome *found = expected + 1;
	struct plan plan;

	while (take_turn(mine)) {
		struct subject *subject =
			&subjects[(size_t)*mine % subject_count];

		plan_make(&plan, seed * 0x10001u + (uint64_t)*mine,
			  subject->strategy->honours);
		if (is_different(subject, &plan, expected, found))
			tell(subject, &plan, *mine, expected, found);
		atomic_fetch_add(&subject->request_count, 1);
		atomic_fetch_add(&subject->started_count, !found->error);
		release(&plan);
	}
	free(expected);
	return NULL;
}

static void *watch(void *data)
{
	long before[THREADS_MAX] = { 0 };

	(void)data;
	for (;;) {
		sleep(PATIENCE_S);
		for (int i = 0; i < thread_count; i++) {
			if (current[i] == before[i]) {
				printf("# request %ld of seed %lu hangs\n",
				       current[i], (unsigned long)seed);
				fflush(stdout);
				fixture_remove();
				_exit(1);
			}
			before[i] = current[i];
		}
	}
	return NULL;
}

static bool open_all(const char *only)
{
	for (size_t i = 0; sw_strategies[i]; i++) {
		const struct sw_strategy *strategy = sw_strategies[i];
		struct subject *subject = &subjects[subject_count];
		int error;

		if (strategy->traits & (SW_BASELINE | SW_CREATES_NOTHING) ||
		    (only && strcmp(only, strategy->name)))
			continue;
		error = sw_open(strategy, &subject->handle);
		if (error) {
			printf("# %s is left out: %s\n", strategy->name,
			       strerror(-error));
			continue;
		}
		subject->strategy = strategy;
		subject_count++;
	}
	return subject_count;
}

static int tell_all(void)
{
	int status = 0;

	printf("1..%zu\n", subject_count);
	for (size_t i = 0; i < subject_count; i++) {
		const struct subject *subject = &subjects[i];

		printf("%sok %zu - %s: %ld requests as by fork, %ld started\n",
		       subject->difference_count ? "not " : "", i + 1,
		       subject->strategy->name, subject->request_count,
		       subject->started_count);
		if (subject->difference_count) {
			printf("# %ld differ\n", subject->difference_count);
			status = 1;
		}
	}
	return status;
}

static const char *read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'c' },
		{ "strategy", required_argument, NULL, 'n' },
		{ "threads", required_argument, NULL, 't' },
		{ 0 },
	};
	const char *only = NULL;
	int option;

	seed = (uint64_t)time(NULL) * 1000 + (uint64_t)getpid() % 1000;
	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0)
		if (option == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (option == 'c')
			count = atol(optarg);
		else if (option == 'n')
			only = optarg;
		else if (option == 't')
			thread_count = atoi(optarg);
		else
			argc = 0;
	if (argc == optind && thread_count > 0 && thread_count <= THREADS_MAX)
		return only ? only : "";
	fputs("usage: differential [--seed N] [--count N] [--strategy NAME] "
	      "[--threads N]\n",
	      stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	const char *only = read_options(argc, argv);
	pthread_t threads[THREADS_MAX], watcher;
	int status = 2;

	fixture_make();
	end = time(NULL) + SECONDS;
	printf("# seed %lu\n", (unsigned long)seed);
	if (open_all(*only ? only : NULL)) {
		pthread_create(&watcher, NULL, watch, NULL);
		for (int i = 0; i < thread_count; i++)
			pthread_create(&threads[i], NULL, work, &current[i]);
		for (int i = 0; i < thread_count; i++)
			pthread_join(threads[i], NULL);
		status = tell_all();
	}
	for (size_t i = 0; i < subject_count; i++)
		sw_close(subjects[i].handle);
	fixture_remove();
	fflush(stdout);
	return status;
}
