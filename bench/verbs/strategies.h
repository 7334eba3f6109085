/* SPDX-License-Identifier: MIT */
/* The strategies that a command knows: those built in, then plugins. */
#ifndef VERBS_STRATEGIES_H
#define VERBS_STRATEGIES_H

#include "bench/machine/failure.h"
#include "lib/spawnwise.h"

/* All of them, ended by NULL; the one of that name, or NULL. */
const struct sw_strategy *const *strategies(void);
const struct sw_strategy *strategy_find(const char *name);

/* Fail with EXIT_USAGE for a name that none of them has. */
int fail_unknown_strategy(struct failure *why, const char *name);

/* Check every strategy of a NULL-terminated table by the contract, and that
 * no two share a name. 0, or EXIT_FAILED; why names the culprit. */
int strategies_check(const struct sw_strategy *const *table,
		     struct failure *why);

/*
 * Load NAME.so, which exports `const struct sw_strategy strategy_NAME`, and add
 * that for the life of this process. What the file runs is run in a process of
 * its own first: its constructors, then a spawn. 0, or EXIT_USAGE with why
 * filled.
 */
int plugin_load(const char *file, struct failure *why);

/* Before a command line that may name the same ones is read. */
void plugins_forget(void);

#endif
