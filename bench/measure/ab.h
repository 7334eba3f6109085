/* SPDX-License-Identifier: MIT */
/*
 * Parents of one run that differ in a setting, `--ab LABEL=SETTING`.
 *
 * What a program's environment says counts from its exec on (ld.so(8)). So each
 * parent of such a run, that of `none` too, executes this program anew with its
 * setting and the run's own command line, and makes the same plan.
 */
#ifndef MEASURE_AB_H
#define MEASURE_AB_H

#include "bench/measure/session.h"

/* What runner and parent share, in a memory file. */
struct ab_memory {
	struct record record;
	struct parent_job job; /* its pointers mean nothing to the other */
	size_t state, cell_count, order[AXIS_VALUES_MAX * ROW_MODES];
	struct block_size blocks[AXIS_VALUES_MAX * ROW_MODES];
	struct value_list heaps; /* for which there is enough memory */
};

/* Add a label, and remember its setting. NULL, or what is wrong with the text:
 * a clause about "it". The caller has counted the labels. */
const char *ab_add(struct value_list *labels, const char *text);

/* In the forked parent of a job: execute run->again with its setting. */
_Noreturn void ab_execute(const struct parent_job *job, const struct run *run);

/* What this process was executed with, or NULL. From then until ab_go_on(),
 * which is the life of that parent, it writes nothing to stderr. */
const struct ab_memory *ab_executed(void);
_Noreturn void ab_go_on(const struct run *run);

#endif
