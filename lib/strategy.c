/* SPDX-License-Identifier: MIT */
/* Strategies as such: the words for what they do, and whether one keeps the
 * contract's form. */

#include <errno.h>
#include <string.h>

#include "lib/spawnwise.h"
#include "lib/validate.h"

static const char *const trait_names[SW_TRAIT_COUNT] = {
	"suspends_caller",    "asynchronous",	"shares_memory",
	"copies_page_tables", "charges_commit", "runs_atfork",
	"silent_failure",     "thread_safe",	"needs_early_open",
	"identity_of_open",   "baseline",	"creates_nothing",
	"experimental",	      "maps_memory",
};

static const char *const field_names[SW_FIELD_COUNT] = {
	"sigdefault", "sched",	 "nice", "affinity", "oomadj", "umask",
	"session",    "pgroup",	 "ctty", "resetids", "cwd",    "fdactions",
	"closefds",   "rlimits", "ids",	 "sigmask",  "pidfd",  "cgroup",
};

#define ABI_VERSION(abi) ((abi) >> 16)
#define ABI_BYTES(abi) ((abi)&0xffff)

const char *sw_trait_name(enum sw_trait trait)
{
	for (int bit = 0; bit < SW_TRAIT_COUNT; bit++)
		if (trait == 1u << bit)
			return trait_names[bit];
	return NULL;
}

const char *sw_field_name(enum sw_field field)
{
	for (int bit = 0; bit < SW_FIELD_COUNT; bit++)
		if (field == 1u << bit)
			return field_names[bit];
	switch (field) {
	case SW_STDIO:
		return "stdio";
	case SW_EXEC:
		return "exec";
	case SW_BIRTH:
		return "birth";
	default:
		return NULL;
	}
}

const struct sw_strategy *sw_find(const char *name)
{
	for (size_t i = 0; name && sw_strategies[i]; i++)
		if (!strcmp(sw_strategies[i]->name, name))
			return sw_strategies[i];
	return NULL;
}

static bool is_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

	return text && *text && strchr(letters, *text) &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
		       strlen(text);
}

/* What every strategy has ends with the hook confirm. */
int sw_strategy_read(const struct sw_strategy *strategy,
		     struct sw_strategy *whole)
{
	const size_t size = ABI_BYTES(strategy->abi);
	const size_t required = offsetof(struct sw_strategy, confirm) +
				sizeof strategy->confirm;

	if (size < required)
		return -EINVAL;
	if (ABI_VERSION(strategy->abi) != ABI_VERSION(SW_ABI))
		return -ENOTSUP;
	if (size > sizeof *whole &&
	    !sw_are_zero(strategy + 1, size - sizeof *whole))
		return -ENOTSUP;
	memset(whole, 0, sizeof *whole);
	memcpy(whole, strategy, size < sizeof *whole ? size : sizeof *whole);
	return 0;
}

static const char *check_form(const struct sw_strategy *strategy)
{
	const unsigned traits = strategy->traits;
	const unsigned suspends = traits & SW_SUSPENDS_CALLER;
	const unsigned asynchronous = traits & SW_ASYNCHRONOUS;

	if (!is_name(strategy->name))
		return "its name is not of the form [a-z][a-z0-9_]*";
	if (!strategy->summary || !*strategy->summary)
		return "it has no summary";
	if (strchr(strategy->summary, '\n'))
		return "its summary is longer than one line";
	if (!strategy->spawn || !strategy->confirm)
		return "it lacks the spawn or the confirm hook";
	if (!strategy->open != !strategy->close)
		return "it has one of open and close without the other";
	if (traits >> SW_TRAIT_COUNT)
		return "it declares a trait that does not exist";
	if (strategy->honours >> SW_FIELD_COUNT)
		return "it honours a field that does not exist";
	if (traits & SW_CREATES_NOTHING)
		return suspends || asynchronous
			       ? "it creates nothing and yet waits for it"
			       : NULL;
	if (!suspends && !asynchronous)
		return "it must declare suspends_caller or asynchronous: "
		       "whether its caller waits for exec";
	if (suspends && asynchronous)
		return "it cannot be both suspends_caller and asynchronous";
	if ((traits & SW_SHARES_MEMORY) &&
	    (traits & (SW_COPIES_PAGE_TABLES | SW_CHARGES_COMMIT)))
		return "it cannot share memory and copy it";
	return NULL;
}

const char *sw_check(const struct sw_strategy *strategy)
{
	struct sw_strategy whole;

	switch (sw_strategy_read(strategy, &whole)) {
	case 0:
		return check_form(&whole);
	case -EINVAL:
		return "it does not say what it was built for: .abi = SW_ABI";
	default:
		return ABI_VERSION(strategy->abi) != ABI_VERSION(SW_ABI)
			       ? "it was built for another version of the "
				 "contract: build it again"
			       : "it was built for a newer library, and uses "
				 "what this one does not know";
	}
}
