/* SPDX-License-Identifier: MIT */
/*
 * The question that `choose` and the end of a run both ask: of all built-in
 * strategies, which one for this heap in this mode?
 */
#ifndef VERBS_CHOOSE_H
#define VERBS_CHOOSE_H

#include <limits.h>
#include <stddef.h>

#include "bench/files/cells.h"
#include "bench/judge/choose.h"
#include "bench/machine/failure.h"

/*
 * Choose by the cells of a run. Whether a strategy would work is what the run
 * predicted for exactly this heap and mode, else what this machine's memory
 * says now about a program of that heap; a strategy that this machine does not
 * support fails with that errno. 0: the caller owes choice_release(). Errors:
 * -ENOMEM, or those of reading /proc/meminfo.
 */
int advise(const struct choice_query *query, const struct summary *rows,
	   size_t count, struct choice *choice);

/* Find the folder of a run: the one that is named, or the newest where that is
 * NULL. 0, or an exit code with why filled, where cure says what to do. */
int run_find(const char *named, char dir[PATH_MAX], const char *cure,
	     struct failure *why);

/* Read its cells.csv; after 0 the caller owes cells_release(). The same. */
int run_read(const char *dir, struct cells *cells, const char *cure,
	     struct failure *why);

#endif
