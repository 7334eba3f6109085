/* SPDX-License-Identifier: MIT */
/* From the options of run to axes; see run_axes.h. */

#include "bench/verbs/run_axes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/cpu.h"
#include "bench/machine/memory.h"
#include "bench/show/units.h"
#include "bench/verbs/mode.h"

#define QUICK_HEAPS "0,64M,1G"
#define THREADS_MAX 1024

static int take_strategy(void *data, const char *item)
{
	struct axes *axes = data;
	const struct sw_strategy *strategy = sw_find(item);

	if (!strategy)
		return -ENOENT;
	if (axes->strategy_count == AXIS_MAX)
		return -ENOSPC;
	axes->strategies[axes->strategy_count++] = strategy;
	return 0;
}

static int take_heap(void *data, const char *item)
{
	struct axes *axes = data;
	uint64_t bytes;
	int error = size_parse(item, &bytes);

	if (error == -ERANGE)
		return -EOVERFLOW;
	if (error || bytes % (uint64_t)sysconf(_SC_PAGESIZE))
		return -EINVAL;
	for (size_t i = 0; i < axes->heap_count; i++)
		if (axes->heaps[i] == bytes) /* "1G,1024M" */
			return -EEXIST;
	if (axes->heap_count == AXIS_MAX)
		return -ENOSPC;
	axes->heaps[axes->heap_count++] = bytes;
	return 0;
}

static int take_backing(void *data, const char *item)
{
	struct axes *axes = data;
	const struct backing *backing = backing_find(item);

	if (!backing)
		return -ENOENT;
	axes->backings[axes->backing_count++] = backing;
	return 0;
}

static int take_threads(void *data, const char *item)
{
	struct axes *axes = data;
	long count;
	int error = count_parse(item, 0, THREADS_MAX, &count);

	if (error)
		return error;
	for (size_t i = 0; i < axes->thread_count; i++)
		if (axes->threads[i] == count)
			return -EEXIST;
	if (axes->thread_count == AXIS_MAX)
		return -ENOSPC;
	axes->threads[axes->thread_count++] = (int)count;
	return 0;
}

static int take_cpu(void *data, const char *item)
{
	static const char *const placements[] = { "same", "split", "free" };
	struct axes *axes = data;

	for (size_t i = 0; i < sizeof placements / sizeof *placements; i++) {
		if (strcmp(item, placements[i]))
			continue;
		axes->cpus[axes->cpu_count++] = placements[i];
		return 0;
	}
	return -ENOENT;
}

/* One axis: its option, who takes an item, what an item may be. */
struct axis {
	const char *option;
	list_item *take;
	const char *allowed;
};

static const struct axis simple_axes[] = {
	{ "heap", take_heap,
	  "A size is a multiple of the page size: 0, 64M, 1G, 1.5G." },
	{ "backing", take_backing, "A backing is base, thp or untouched." },
	{ "threads", take_threads, "Give 0 to 1024 sleeping threads." },
	{ "cpu", take_cpu, "A placement is same, split or free." },
};

static int read_axis(const struct axis *axis, const char *text,
		     struct axes *axes, struct failure *why)
{
	char culprit[64];
	int error = list_split(text, axis->take, axes, culprit);

	if (error == -EEXIST)
		return fail(why, EXIT_USAGE, "Give each value once.",
			    "run --%s %s: \"%s\" is there twice", axis->option,
			    text, culprit);
	if (error == -ENOSPC)
		return fail(why, EXIT_USAGE, "Split the matrix into two runs.",
			    "run --%s: more than %d values", axis->option,
			    AXIS_MAX);
	if (error == -EOVERFLOW)
		return fail(why, EXIT_USAGE,
			    "Use heaps that fit into this machine's memory.",
			    "run --%s %s: \"%s\" is larger than 16 EiB",
			    axis->option, text, culprit);
	if (error)
		return fail(why, EXIT_USAGE, axis->allowed,
			    "run --%s %s: \"%s\" is not a value of this axis",
			    axis->option, text, culprit);
	return 0;
}

static int read_strategies(const struct arguments *args, struct axes *axes,
			   struct failure *why)
{
	const char *text = argument_value(args, "strategy");
	char culprit[64];
	int error;

	if (!strcmp(text, "all")) {
		for (size_t i = 0; sw_strategies[i]; i++)
			axes->strategies[axes->strategy_count++] =
				sw_strategies[i];
		return 0;
	}
	error = list_split(text, take_strategy, axes, culprit);
	if (error == -ENOENT)
		return fail_unknown_strategy(why, culprit);
	if (error)
		return fail(why, EXIT_USAGE,
			    "Give each strategy once; `spawnwise list` has "
			    "their names.",
			    "run --strategy %s: \"%s\" is empty or there twice",
			    text, culprit);
	return 0;
}

static int read_modes(const struct arguments *args, struct axes *axes,
		      struct failure *why)
{
	struct mode_list list;
	const int code =
		modes_read(argument_value(args, "overcommit"), &list, why);

	for (size_t i = 0; i < list.count; i++)
		axes->modes[axes->mode_count++] = list.modes[i];
	return code;
}

/* A heap that would crowd out the rest of the machine is refused, or left
 * out when nobody asked for it by name. */
static int bound_heaps(const struct arguments *args, struct axes *axes,
		       struct failure *why)
{
	const bool asked = argument_given(args, "heap");
	char reason[MEMORY_WHY_BYTES];
	bool populates = false, grows = false;
	uint64_t allowed;
	size_t kept = 0;

	for (size_t i = 0; i < axes->backing_count; i++)
		populates |= axes->backings[i]->populate;
	for (size_t i = 0; i < axes->heap_count; i++)
		grows |= axes->heaps[i];
	if (!populates || !grows)
		return 0;
	if (memory_allowance(&allowed, reason, sizeof reason))
		return fail(why, EXIT_FAILED,
			    "Use --heap 0 or --backing untouched.",
			    "see how much memory there is: %s", reason);
	for (size_t i = 0; i < axes->heap_count; i++) {
		if (axes->heaps[i] <= allowed) {
			axes->heaps[kept++] = axes->heaps[i];
		} else if (asked) {
			fail_cure(why, "Use heaps of at most %s, %s.",
				  size_human(allowed).text, reason);
			return fail(why, EXIT_USAGE, NULL,
				    "run --heap %s: that is more memory than "
				    "a run may take",
				    size_exact(axes->heaps[i]).text);
		} else {
			fprintf(stderr,
				"Leaving out heap %s: a run may take %s, "
				"%s.\n",
				size_exact(axes->heaps[i]).text,
				size_human(allowed).text, reason);
		}
	}
	axes->heap_count = kept;
	return 0;
}

static int check_placements(const struct axes *axes, struct failure *why)
{
	int caller, others;

	for (size_t i = 0; i < axes->cpu_count; i++)
		if (!strcmp(axes->cpus[i], "split") &&
		    cpu_split(&caller, &others))
			return fail(why, EXIT_FAILED,
				    "Use --cpu same or --cpu free.",
				    "run --cpu split: this process may use "
				    "one CPU only");
	return 0;
}

int run_axes(const struct arguments *args, struct axes *axes,
	     struct failure *why)
{
	int code = read_strategies(args, axes, why);

	for (size_t i = 0;
	     i < sizeof simple_axes / sizeof *simple_axes && !code; i++) {
		const struct axis *axis = &simple_axes[i];
		const char *text = argument_value(args, axis->option);

		if (axis->take == take_heap && !argument_given(args, "heap") &&
		    argument_given(args, "quick"))
			text = QUICK_HEAPS;
		code = read_axis(axis, text, axes, why);
	}
	if (!code)
		code = read_modes(args, axes, why);
	if (!code)
		code = check_placements(axes, why);
	return code ? code : bound_heaps(args, axes, why);
}
