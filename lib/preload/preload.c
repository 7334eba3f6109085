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
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/preload/report.h"
#include "lib/preload/room.h"

#define TURNS 5 /* to spawn, with renewals between them */

static struct {
	pthread_once_t once;
	const struct sw_strategy *strategy;
	struct sw_handle *_Atomic handle; /* NULL: not needed yet */

	/* One renewal is enough for all threads that ask for it. */
	pthread_mutex_t renewing;
	atomic_uint renewals;

	atomic_int pid; /* who the numbers are about */
	atomic_ulong spawned;
	atomic_ulong failed;
	atomic_ulong by_libc; /* of those that were spawned */
	atomic_bool told;     /* that a field is not honoured */
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

/* A copy made by fork(2) has its own numbers from its first spawn on. */
static void count_anew(void)
{
	int before = atomic_load(&served.pid);
	const int now = getpid();

	if (before == now ||
	    !atomic_compare_exchange_strong(&served.pid, &before, now))
		return;
	atomic_store(&served.spawned, 0);
	atomic_store(&served.failed, 0);
	atomic_store(&served.by_libc, 0);
}

/* Open in this process; the first thread that has done it wins. dead is the
 * handle that did not serve. Nothing is locked: fork(2) copies locks that
 * nobody will open. */
static int open_here(struct sw_handle *dead)
{
	struct sw_handle *handle;
	int error;

	count_anew();
	error = sw_open(served.strategy, &handle);
	if (!error &&
	    !atomic_compare_exchange_strong(&served.handle, &dead, handle))
		sw_close(handle);
	return error;
}

/* Of the threads that had room, or held the lock, a forked copy has none. */
static void forget_threads(void)
{
	room_forget();
	served.renewing = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

static void set_up(void)
{
	char *wanted = getenv(WITH_VARIABLE);
	const bool later = wanted && take_word(wanted, WITH_LATER);
	char name[64];
	int error = 0;

	snprintf(name, sizeof name, "%s", wanted ? wanted : "");
	name[strcspn(name, ":")] = '\0';
	report_begin(getenv(WITH_REPORT_VARIABLE));
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
	const unsigned long spawned = atomic_load(&served.spawned);
	const unsigned long failed = atomic_load(&served.failed);
	const unsigned long by_libc = atomic_load(&served.by_libc);
	char rest[64] = "";
	char line[512];

	if (!report_is_wanted() || served.pid != getpid())
		return;
	if (by_libc)
		snprintf(rest, sizeof rest, ", %lu spawned by the libc",
			 by_libc);
	else if (!spawned && !failed)
		snprintf(rest, sizeof rest,
			 "; fork, vfork and clone of its own do not count");
	snprintf(line, sizeof line, "%s[%d]: %lu spawned by %s, %lu failed%s",
		 program_invocation_short_name, atomic_load(&served.pid),
		 spawned - by_libc, served.strategy->name, failed, rest);
	report_line(line);
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

/* Nothing ran where a handle refuses: we are no longer who we were, or a helper
 * is dead. */
static bool is_refusal(int error, const struct sw_child *child)
{
	return (error == -ESTALE || error == -EPIPE) && !child->stage;
}

/*
 * Threads may differ in who they are, and each renewal takes the helper of
 * another: nobody renews between ours and our spawn. One renewal is enough for
 * all threads that need the same: *renewals is how many there were before we
 * were refused. -ESTALE when there is none.
 */
static int spawn_renewed(struct sw_handle *handle,
			 const struct sw_request *request,
			 struct sw_child *child, unsigned *renewals)
{
	bool renews;
	int error = -ESTALE;

	pthread_mutex_lock(&served.renewing);
	renews = atomic_load(&served.renewals) == *renewals;
	if (!renews)
		error = room_spawn(handle, request, child);
	if (renews || is_refusal(error, child)) {
		error = sw_refresh(handle) ? -ESTALE : 0;
		atomic_fetch_add(&served.renewals, !error);
		if (!error)
			error = room_spawn(handle, request, child);
	}
	*renewals = atomic_load(&served.renewals);
	pthread_mutex_unlock(&served.renewing);
	return error;
}

/* What is in our way, and not in the libc's, is not the program's trouble:
 * renewing takes a free descriptor, or fails in a new pid namespace. */
static int spawn_by_libc(const struct sw_request *request,
			 struct sw_child *child)
{
	const struct sw_strategy *libc = sw_find("posix_spawn");
	int error;

	*child = (struct sw_child){ .pidfd = -1 };
	if (request->fields & ~libc->honours)
		return -ENOTSUP;
	error = libc->spawn(NULL, request, child);
	atomic_fetch_add(&served.by_libc, !error);
	return error;
}

static int spawn(const struct sw_request *request, struct sw_child *child)
{
	unsigned renewals = atomic_load(&served.renewals);
	bool refused = false;

	*child = (struct sw_child){ .pidfd = -1 };
	for (int turn = 0; turn < TURNS; turn++) {
		struct sw_handle *handle = atomic_load(&served.handle);
		int error = refused ? spawn_renewed(handle, request, child,
						    &renewals)
				    : room_spawn(handle, request, child);

		if (!error)
			error = room_confirm(handle, child);
		refused = is_refusal(error, child);
		/* A copy made by fork(2), or nothing was opened yet. */
		if (error == -ECHILD ? open_here(handle) : false)
			break;
		if (error != -ECHILD && !refused)
			return error;
	}
	return spawn_by_libc(request, child);
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
