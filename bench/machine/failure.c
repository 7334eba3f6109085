/* SPDX-License-Identifier: MIT */
/*
 * How a verb describes its failure, which main.c prints, and what it says of a
 * name that nothing has.
 *
 * Both texts of a failure have fixed room: a failure must be describable when
 * there is no memory left, and a text that is too long is cut rather than lost.
 */

#include "bench/machine/failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/memory.h"
#include "bench/machine/process.h"
#include "bench/machine/text.h"

/* More names than this are not offered as a correction. */
#define NAMES_MAX 64
#define WORD_MAX 31 /* a longer word is nobody's misspelling */

int fail(struct failure *why, int code, const char *cure, const char *format,
	 ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(why->what, sizeof why->what, format, values);
	va_end(values);
	if (cure)
		snprintf(why->cure, sizeof why->cure, "%s", cure);
	return code;
}

int fail_because(struct failure *why, int code, const char *cure,
		 const char *format, ...)
{
	const struct failure reason = *why;
	va_list values;

	va_start(values, format);
	vsnprintf(why->what, sizeof why->what, format, values);
	va_end(values);
	text_join(why->what, sizeof why->what, ": ", "%s", reason.what);
	if (cure)
		snprintf(why->cure, sizeof why->cure, "%s", cure);
	return code;
}

void fail_cure(struct failure *why, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(why->cure, sizeof why->cure, format, values);
	va_end(values);
}

int fail_errno(struct failure *why, int exit_code, enum cure_object object,
	       int error, const char *otherwise, const char *format, ...)
{
	va_list values;

	if (!error)
		return 0;
	va_start(values, format);
	vsnprintf(why->what, sizeof why->what, format, values);
	va_end(values);
	text_join(why->what, sizeof why->what, ": ", "%s",
		  object == CURE_PROC ? meminfo_error(error)
				      : strerror(-error));
	fail_cure(why, "%s", cure_of(object, error, otherwise));
	return exit_code;
}

/* Edits between two words: letters added, dropped, changed, or swapped with
 * their neighbour (optimal string alignment). */
static size_t edit_distance(const char *from, const char *to)
{
	const size_t rows = strlen(from), columns = strlen(to);
	size_t cost[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= rows; i++)
		cost[i][0] = i;
	for (size_t j = 0; j <= columns; j++)
		cost[0][j] = j;
	for (size_t i = 1; i <= rows; i++) {
		for (size_t j = 1; j <= columns; j++) {
			const bool same = from[i - 1] == to[j - 1];
			size_t best = cost[i - 1][j - 1] + !same;

			if (cost[i - 1][j] + 1 < best)
				best = cost[i - 1][j] + 1;
			if (cost[i][j - 1] + 1 < best)
				best = cost[i][j - 1] + 1;
			if (i > 1 && j > 1 && from[i - 1] == to[j - 2] &&
			    from[i - 2] == to[j - 1] &&
			    cost[i - 2][j - 2] + 1 < best)
				best = cost[i - 2][j - 2] + 1;
			cost[i][j] = best;
		}
	}
	return cost[rows][columns];
}

const char *nearest_word(const char *word, const char *const *words,
			 size_t count)
{
	const size_t length = strlen(word);
	size_t best = length / 3 > 1 ? length / 3 : 1;
	const char *nearest = NULL;

	if (!length || length > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t edits;

		if (strlen(words[i]) > WORD_MAX)
			continue;
		edits = edit_distance(word, words[i]);
		if (edits > best || (edits == best && nearest))
			continue;
		best = edits;
		nearest = words[i];
	}
	return nearest;
}

void fail_suggest(struct failure *why, const char *dashes, const char *word,
		  const char *const *names, size_t count)
{
	const char *near = nearest_word(word, names, count);
	const struct failure before = *why;

	if (near)
		fail_cure(why, "Did you mean '%s%s'? %s", dashes, near,
			  before.cure);
}

int fail_unknown(struct failure *why, const char *action, const char *name,
		 const void *table, size_t offset, const char *lists)
{
	const char *const *things = table;
	const char *names[NAMES_MAX];
	size_t count = 0;

	for (; count < NAMES_MAX && things[count]; count++)
		memcpy(&names[count], things[count] + offset, sizeof *names);
	fail_cure(why, "%s", lists);
	fail_suggest(why, "", name, names, count);
	return fail(why, EXIT_USAGE, NULL,
		    "%s '%s': there is none of that name", action, name);
}

/* Why a process cannot be looked at. */
static const struct {
	int error;
	const char *reason, *cure;
} unseen[] = {
	{ ESRCH, "there is none",
	  "`pgrep -a NAME` shows the processes of a name." },
	{ EXDEV, "/proc is that of another PID namespace",
	  "Mount /proc here, as `unshare --mount-proc` does." },
	{ EACCES, "it is hidden from this user",
	  "Run as root or as its owner: /proc is mounted with hidepid here." },
	{ EPERM, "Operation not permitted",
	  "It takes rights that this user has not: ask as root, outside of a "
	  "container or sandbox." },
};

int fail_process(struct failure *why, const struct process *process, int error)
{
	const struct process_stat *stat = &process->stat;
	const int pid = (int)process->pid;

	if (error && access("/proc/self", F_OK))
		return fail(why, EXIT_FAILED, "Mount /proc.",
			    "look at process %d: there is no /proc here", pid);
	for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
		if (error == -unseen[i].error)
			return fail(why, EXIT_FAILED, unseen[i].cure,
				    "look at process %d: %s", pid,
				    unseen[i].reason);
	if (error)
		return fail_errno(why, EXIT_FAILED, CURE_PROC, error,
				  "This kernel or container does not tell: "
				  "ask outside of it.",
				  "look at process %d", pid);
	if (stat->kernel_thread)
		return fail(why, EXIT_FAILED,
			    "Choose a program's process: `ps -e` shows kernel "
			    "threads in brackets.",
			    "look at process %d: %s is a thread of the kernel, "
			    "without memory of its own",
			    pid, stat->name);
	if (process->leader_pid != process->pid) {
		fail_cure(why, "Look at that one: --pid %d.",
			  (int)process->leader_pid);
		return fail(why, EXIT_FAILED, NULL,
			    "look at process %d: it is a thread of process %d",
			    pid, (int)process->leader_pid);
	}
	if (strchr("ZX", stat->state))
		return fail(why, EXIT_FAILED,
			    "Its parent has not waited for it yet; no memory "
			    "is left to look at.",
			    "look at process %d: %s has ended, it is a zombie",
			    pid, stat->name);
	return 0;
}
