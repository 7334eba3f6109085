/* SPDX-License-Identifier: MIT */
/* What ends a process's memory; see bound.h. */

#include "bench/labs/bound.h"

#include <stddef.h>
#include <string.h>

const char *bound_text(const char *word)
{
	static const char *const texts[][2] = {
		{ "address_space", "the end of the address space" },
		{ "rlimit_as", "RLIMIT_AS (ulimit -v)" },
		{ "rlimit_data", "RLIMIT_DATA (ulimit -d)" },
		{ "commit_limit", "CommitLimit" },
		{ "ram_and_swap", "RAM and swap" },
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!strcmp(word, texts[i][0]))
			return texts[i][1];
	return word;
}

bool bound_is_own(const char *word)
{
	return !strncmp(word, "rlimit_", strlen("rlimit_"));
}
