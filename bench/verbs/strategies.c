/* SPDX-License-Identifier: MIT */
/* The strategies that a command knows; see strategies.h. */

#include "bench/verbs/strategies.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/attest/trial.h"
#include "lib/probe.h"

/* Filled by the first plugin. */
static const struct sw_strategy *with_plugins[STRATEGIES_KNOWN + 1];

const struct sw_strategy *const *strategies(void)
{
	return with_plugins[0] ? with_plugins : sw_strategies;
}

void plugins_forget(void)
{
	memset(with_plugins, 0, sizeof with_plugins);
}

const struct sw_strategy *strategy_find(const char *name)
{
	const struct sw_strategy *const *strategy = strategies();

	while (*strategy && strcmp((*strategy)->name, name) != 0)
		strategy++;
	return *strategy;
}

int fail_unknown_strategy(struct failure *why, const char *name)
{
	return fail_unknown(why, "find strategy", name, strategies(),
			    offsetof(struct sw_strategy, name),
			    "`spawnwise list` shows all strategies.");
}

/* What is wrong with strategy i, beside those before it; NULL: nothing. */
static const char *fault_of(const struct sw_strategy *const *table, size_t i)
{
	const char *fault = sw_check(table[i]);

	for (size_t j = 0; j < i && !fault; j++)
		if (!strcmp(table[j]->name, table[i]->name))
			fault = "another one has the same name";
	return fault;
}

int strategies_check(const struct sw_strategy *const *table,
		     struct failure *why)
{
	for (size_t i = 0; table[i]; i++) {
		const char *fault = fault_of(table, i);

		if (fault)
			return fail(why, EXIT_FAILED,
				    "Correct its file in strategies/ and "
				    "build again.",
				    "use strategy '%s': %s",
				    table[i]->name ? table[i]->name : "",
				    fault);
	}
	return 0;
}

/* What load() loads; a strategy's hook has no other way to learn it. */
static char plugin_path[PATH_MAX];

/* NULL, or what is wrong with the plugin. */
static const char *load(const struct sw_strategy **loaded)
{
	const char *name = strrchr(plugin_path, '/') + 1;
	const size_t length = strlen(plugin_path);
	void *object = dlopen(plugin_path, RTLD_NOW);
	char symbol[NAME_MAX + sizeof "strategy_"];
	const char *fault;
	size_t count = 0;

	if (!object) {
		fault = dlerror(); /* most begin with the path */
		fault += strncmp(fault, plugin_path, length) ? 0 : length + 2;
		return strstr(fault, "cannot open") != fault ||
				       access(plugin_path, R_OK)
			       ? fault
			       : "it was built for another kind of machine";
	}
	while (strategies()[count])
		count++;
	if (count == STRATEGIES_KNOWN)
		return "there are too many strategies";
	memmove(with_plugins, strategies(), count * sizeof *with_plugins);
	snprintf(symbol, sizeof symbol, "strategy_%.*s",
		 (int)strcspn(name, "."), name);
	*loaded = with_plugins[count] = dlsym(object, symbol);
	if (!*loaded)
		return "it exports no strategy of the file's name";
	fault = fault_of(with_plugins, count);
	if (!fault && strcmp((*loaded)->name, strchr(symbol, '_') + 1))
		fault = "the .name of its strategy is not that of the file";
	return fault;
}

/* What could crash, for the process of a trial, which is then done. */
static int load_and_spawn(void **state)
{
	const struct sw_strategy *loaded;

	(void)state;
	if (!load(&loaded))
		sw_supported(loaded);
	return -ECANCELED;
}

int plugin_load(const char *file, struct failure *why)
{
	static const struct sw_strategy loader = {
		.abi = SW_ABI,
		.traits = SW_CREATES_NOTHING,
		.open = load_and_spawn,
	};
	const struct sw_strategy *loaded;
	const char *step, *fault;
	int error;

	snprintf(plugin_path, sizeof plugin_path, "%s%s",
		 strchr(file, '/') ? "" : "./", file);
	/* There a trial would be done here, and load the plugin for good. */
	error = sw_births_elsewhere() ? 0 : trial_run(&loader, &step);
	if (error == -EOWNERDEAD || error == -ETIMEDOUT)
		return fail(why, EXIT_USAGE,
			    "Correct it and build it again; in gdb `set "
			    "follow-fork-mode child` shows where that is.",
			    "use plugin %s: it %s while it is loaded, opened "
			    "or spawns",
			    file, error == -ETIMEDOUT ? "hangs" : "dies");
	fault = load(&loaded);
	return fault ? fail(why, EXIT_USAGE,
			    "A plugin has a name that no other has, and is "
			    "NAME.so, of `cc -shared -fPIC NAME.c -o NAME.so`, "
			    "with const struct sw_strategy strategy_NAME, "
			    "whose .name is NAME: spawnwise(3).",
			    "use plugin %s: %s", file, fault)
		     : 0;
}
