/* SPDX-License-Identifier: MIT */
/* A parent and its child in a group at its limit: who is killed? */
#ifndef LABS_VICTIM_H
#define LABS_VICTIM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/labs/labs.h"
#include "bench/machine/memory_group.h"

struct sw_strategy;

#define VICTIM_PARENT_ADJ 500 /* raised, so that nobody outside comes first */

/* One constellation. */
struct victim_case {
	const char *name; /* a word, for the CSV */
	const char *what; /* a phrase, for people */
	uint64_t heap_bytes;
	/* Room that is left when the parent has its heap. 0: what the group
	 * has beyond it, for a child that grows until there is no more. */
	uint64_t room_bytes;
	int child_adj; /* oom_score_adj that the request asks for */
};

enum victim { VICTIM_NOBODY, VICTIM_PARENT, VICTIM_CHILD, VICTIM_REFUSED };

struct victim_outcome {
	const char *strategy;
	struct victim_case one;
	int parent_adj;
	uint64_t limit_bytes;
	uint64_t room_bytes;	   /* below the limit, before the spawn */
	uint64_t page_table_bytes; /* of the parent */
	uint64_t parent_bytes;	   /* what the parent's badness counts */
	enum victim predicted;
	enum victim observed;
	int agrees;
	uint64_t kills; /* by which the group's oom_kill has grown */
};

/* Their words: "nobody", "parent", "child", "refused". */
extern const char *const victim_names[];

/* Do it with this strategy in a group of its own with this limit. 0, or -errno
 * told by lab_fail(). */
int victim_try(struct lab_context *context, const struct sw_strategy *strategy,
	       const struct victim_case *one, uint64_t limit_bytes,
	       struct victim_outcome *outcome);

#endif
