/* SPDX-License-Identifier: MIT */
/*
 * The chosen strategy in the service of an unmodified program.
 *
 * It is opened by the constructor, before main() and before memory grows. A
 * copy of the process made by fork(2) finds its handle dead and opens one of
 * its own when it first spawns; what the dead one held stays in its memory.
 *
 * There is no main.c here that could print an error: a program that cannot be
 * served as it was asked is told so on stderr and ended, never served in
 * another way.
 */

#include "lib/preload/preload.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/wait.h"

#define TURNS 5 /* to spawn, with renewals between them */

static struct {
	pthread_once_t once;
	const struct sw_strategy *strategy;
	struct sw_handle *_Atomic handle; /* NULL: not needed yet */

	/* Threads that have, or take, room for a spawn; how often one of them
	 * has given it back; and those that wait for that. */
	atomic_uint inside;
	atomic_uint through;
	atomic_uint waiting;

	/* One renewal is enough for all threads that ask for it. */
	pthread_mutex_t renewing;
	atomic_uint renewals;

	const char *report; /* NULL: nobody asked */
	pid_t pid;	    /* who the numbers are about */
	atomic_ulong spawned;
	atomic_ulong failed;
	atomic_bool told; /* that a field is not honoured */
} served = { .once = PTHREAD_ONCE_INIT, .renewing = PTHREAD_MUTEX_INITIALIZER };

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	va_list values;
	char text[512];

	va_start(values, format);
	vsnprintf(text, sizeof text, format, values);
	va_end(values);
	dprintf(STDERR_FILENO, "spawnwise: cannot %s\n", text);
}

/* Take the first such word out of what was wanted; false if it is not there. */
static bool take_word(char *wanted, const char *word)
{
	char *found = strstr(wanted, word);
	char *rest;

	if (!found)
		return false;
	rest = found + strlen(word);
	memmove(found, rest, strlen(rest) + 1);
	return true;
}

/* Open in this process; the first thread that has done it wins. dead is the
 * handle that did not serve. Nothing is locked: fork(2) copies locks that
 * nobody will open. */
static int open_here(struct sw_handle *dead)
{
	struct sw_handle *handle;
	int error = sw_open(served.strategy, &handle);

	if (error)
		return error;
	if (!atomic_compare_exchange_strong(&served.handle, &dead, handle)) {
		sw_close(handle);
		return 0;
	}
	served.pid = getpid();
	atomic_store(&served.spawned, 0);
	atomic_store(&served.failed, 0);
	return 0;
}

/* Of the threads that were inside, or held the lock, a forked copy has none. */
static void forget_threads(void)
{
	atomic_store(&served.inside, 0);
	atomic_store(&served.waiting, 0);
	served.renewing = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

static void set_up(void)
{
	char *wanted = getenv(WITH_VARIABLE);
	const char *report = getenv(WITH_REPORT_VARIABLE);
	const bool later = wanted && take_word(wanted, WITH_LATER);
	char name[64];
	int error = 0;

	snprintf(name, sizeof name, "%s", wanted ? wanted : "");
	name[strcspn(name, ":")] = '\0';
	/* The environment may become the program's title: nginx does that. */
	served.report = report ? strdup(report) : NULL;
	if (!later && !(wanted && strstr(wanted, WITH_CHILDREN)))
		environment_leave();
	served.strategy = sw_find(name);
	if (served.strategy && !later)
		error = open_here(NULL);
	pthread_atfork(NULL, NULL, forget_threads);
	if (served.strategy && !error)
		return;
	tell("serve %s with strategy '%s': %s.\nStart it by `spawnwise with`, "
	     "with a strategy that `spawnwise list` calls supported.",
	     program_invocation_short_name, name,
	     error ? strerror(-error) : "there is none of that name");
	_exit(EXIT_CANNOT_SERVE);
}

__attribute__((constructor)) static void serve(void)
{
	pthread_once(&served.once, set_up);
}

__attribute__((destructor)) static void report_numbers(void)
{
	int fd;

	if (!served.report || served.pid != getpid())
		return;
	fd = open(served.report, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
		  0666);
	if (fd < 0)
		return;
	dprintf(fd, "%s[%d]: %lu spawned by %s, %lu failed\n",
		program_invocation_short_name, (int)served.pid,
		atomic_load(&served.spawned), served.strategy->name,
		atomic_load(&served.failed));
	close(fd);
}

/* An unmodified program cannot know which strategy it has. */
static void tell_refusal(unsigned fields)
{
	const char *word;

	if (atomic_exchange(&served.told, true))
		return;
	fields &= ~served.strategy->honours;
	word = sw_field_name(fields & -fields);
	tell("start a child of %s with %s by %s: the call gets ENOTSUP.\n"
	     "Choose a strategy that honours it; `spawnwise list` shows them.",
	     program_invocation_short_name, word ? word : "what it asks for",
	     served.strategy->name);
}

/* For the others: there may be room now. */
static void leave(void)
{
	atomic_fetch_add(&served.through, 1);
	atomic_fetch_sub(&served.inside, 1);
	if (atomic_load(&served.waiting))
		sw_wake(&served.through);
}

/* Wait until another thread is through, unless it was since there were so many,
 * or there is no other; then that is no reason, and we stay inside. */
static bool give_way(unsigned through)
{
	const bool is_last = atomic_fetch_sub(&served.inside, 1) == 1;

	if (is_last && atomic_load(&served.through) == through) {
		atomic_fetch_add(&served.inside, 1);
		return false;
	}
	atomic_fetch_add(&served.waiting, 1);
	sw_wait(&served.through, through, INT64_MAX, -1);
	atomic_fetch_sub(&served.waiting, 1);
	return true;
}

/* A strategy has room for so many spawns, and so many strings, and refuses more
 * with EAGAIN of no stage. The libc has no such limit: we wait here. */
static int attempt(struct sw_handle *handle, const struct sw_request *request,
		   struct sw_child *child)
{
	unsigned through;
	int error;

	do {
		through = atomic_load(&served.through);
		atomic_fetch_add(&served.inside, 1);
		error = handle ? sw_spawn(handle, request, child) : -ECHILD;
	} while (error == -EAGAIN && !child->stage && give_way(through));
	if (!error)
		error = sw_confirm(handle, child, -1);
	leave();
	return error;
}

/* Unless another thread has done it since there were that many renewals. */
static int renew(unsigned renewals)
{
	int error = 0;

	pthread_mutex_lock(&served.renewing);
	if (atomic_load(&served.renewals) == renewals) {
		error = sw_refresh(atomic_load(&served.handle));
		if (!error)
			atomic_fetch_add(&served.renewals, 1);
	}
	pthread_mutex_unlock(&served.renewing);
	return error;
}

/* Nothing ran where a handle refuses: we are a copy made by fork(2), or no
 * longer who we were, or a helper is dead. Not for ever, because threads may
 * differ in who they are. */
static int spawn(const struct sw_request *request, struct sw_child *child)
{
	int error = -ECHILD;

	for (int turn = 0; turn < TURNS; turn++) {
		struct sw_handle *handle = atomic_load(&served.handle);
		const unsigned renewals = atomic_load(&served.renewals);
		int cure = 0;

		error = attempt(handle, request, child);
		if (error == -ECHILD)
			cure = open_here(handle);
		else if ((error == -ESTALE || error == -EPIPE) && !child->stage)
			cure = renew(renewals);
		else
			return error;
		if (cure)
			return cure;
	}
	return error;
}

int preload_spawn(const struct sw_request *request, struct sw_child *child)
{
	int cancellation, error;

	/* Another library's constructor may be faster than ours. */
	pthread_once(&served.once, set_up);
	/* posix_spawn(3) is no cancellation point, what we call may be. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancellation);
	error = spawn(request, child);
	pthread_setcancelstate(cancellation, NULL);
	if (error == -ENOTSUP)
		tell_refusal(request->fields);
	atomic_fetch_add(error ? &served.failed : &served.spawned, 1);
	return error;
}

int preload_shell(const char *command, struct sw_request *request,
		  struct sw_child *child)
{
	/* Without "--" a command that begins with a dash is an option
	 * (POSIX.1-2024). */
	const char *const argv[] = { "sh", "-c", "--", command, NULL };

	request->path = "/bin/sh";
	request->stdin_fd = SW_AS_IS;
	request->argv = (char *const *)argv;
	return preload_spawn(request, child);
}
