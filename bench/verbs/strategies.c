/* SPDX-License-Identifier: MIT */
/*
 * The strategies as the command line sees them: valid ones, found by name.
 */

#include <string.h>

#include "bench/verbs/verbs.h"
#include "lib/spawnwise.h"

/* More strategies than this are not offered as a correction. */
#define STRATEGIES_MAX 64

int strategies_check(const struct sw_strategy *const *table,
		     struct failure *why)
{
	for (size_t i = 0; table[i]; i++) {
		const char *fault = sw_check(table[i]);
		const char *name = table[i]->name ? table[i]->name : "";

		for (size_t j = 0; j < i && !fault; j++)
			if (table[j]->name && !strcmp(table[j]->name, name))
				fault = "another one has the same name";
		if (fault)
			return fail(why, EXIT_FAILED,
				    "Correct its file in strategies/ and "
				    "build again.",
				    "use strategy '%s': %s", name, fault);
	}
	return 0;
}

int fail_unknown_strategy(struct failure *why, const char *name)
{
	const char *names[STRATEGIES_MAX];
	const char *near;
	size_t count = 0;

	while (count < STRATEGIES_MAX && sw_strategies[count]) {
		names[count] = sw_strategies[count]->name;
		count++;
	}
	near = nearest_word(name, names, count);
	if (near)
		fail_cure(why,
			  "Did you mean '%s'? `spawnwise list` shows all "
			  "strategies.",
			  near);
	else
		fail_cure(why, "Choose one that `spawnwise list` shows.");
	return fail(why, EXIT_USAGE, NULL,
		    "find strategy '%s': there is none of that name", name);
}
