/* SPDX-License-Identifier: MIT */
/*
 * The recorder: one spawn becomes one sample.
 *
 * Samples go to memory that runner and parent share, so that what was taken
 * survives the parent. It is written once beforehand: between two samples
 * there is no I/O, no allocation and no page fault of ours.
 */
#ifndef MEASURE_RECORDER_H
#define MEASURE_RECORDER_H

#include <stdatomic.h>

#include "bench/files/run.h"
#include "lib/spawnwise.h"

#define RECORD_MAX 512 /* samples of one block, warm-ups included */

/* The samples of the block that runs now; see coprocess_share(). */
struct record {
	_Atomic int count; /* finished samples */
	struct sample samples[RECORD_MAX];
};

/* What is spawned. */
struct child {
	const char *program;
	char *const *argv; /* its arguments, from its name on */
	bool stamps;	   /* it writes its start to stdout */
};

/* The same as the parent asks for it. */
struct target {
	struct sw_request request;
	int stamp_fd; /* an eventfd that is the child's stdout, or -1 */
};

/* Open what a child gets as its stdout: an eventfd for a program that stamps,
 * else /dev/null, because our own stdout is for results. An eventfd refuses
 * what others print. Reading it never blocks. The fd or a negative errno. */
int recorder_stdout(bool stamps);

/*
 * Spawn once, reap, and fill the times and the error of sample. Returns 0 or
 * the negative errno of the failed spawn; a child that runs but does not end
 * with status 0 is -EPROTO.
 */
int recorder_take(struct sw_handle *handle, const struct target *target,
		  struct sample *sample);

#endif
