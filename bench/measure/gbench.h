/* SPDX-License-Identifier: MIT */
/*
 * google-benchmark for C: the driver of the sampling loops.
 *
 * The library keeps the second record of a run (its JSON); the first one is
 * our recorder, because the library reports only means and medians of
 * repetitions.
 */
#ifndef MEASURE_GBENCH_H
#define MEASURE_GBENCH_H

#ifdef __cplusplus
extern "C" {
#endif

/* A block: one strategy's spawns in one parent, timed one after another.
 * Hooks get data and return 0 or a negative errno. */
struct gbench_block {
	const char *name; /* "strategy/heap:H/overcommit:M/block:B" */
	int iterations;
	void *data;

	/* Before the clock: warm-ups, reference. An error skips the block.
	 * Required. */
	int (*before)(void *data);

	/* One spawn; *seconds is its reap time. An error is noted and the
	 * block goes on, until give_up says so. Required. */
	int (*sample)(void *data, double *seconds);

	/* Whether so many failures in a row make the rest pointless.
	 * Required. */
	int (*give_up)(void *data);

	/* After the block, in any case. Required. */
	void (*after)(void *data);
};

/* Add a block, which must outlive gbench_run(). */
void gbench_add(const struct gbench_block *block);

/*
 * Run the blocks in the order they were added, each once. *json is the
 * library's report, to be freed by the caller. Returns 0 or -ENOMEM. Call it
 * once a process: the library keeps its registry for ever.
 */
int gbench_run(char **json);

#ifdef __cplusplus
}
#endif
#endif
