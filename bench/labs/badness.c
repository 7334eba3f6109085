/* SPDX-License-Identifier: MIT */
/*
 * The OOM killer's choice; see badness.h.
 *
 * In pages, and rounded where the kernel rounds, so that the printed score is
 * met to the point.
 */
#include "bench/labs/badness.h"

#include <stdbool.h>
#include <stdio.h>

int64_t badness_bytes(const struct badness_process *process,
		      const struct badness_scope *scope)
{
	const int64_t page = (int64_t)scope->page_bytes;
	const int64_t total = (int64_t)scope->total_bytes / page;
	const struct process_memory *memory = &process->memory;
	const uint64_t pages = memory->rss_bytes / scope->page_bytes +
			       memory->swap_bytes / scope->page_bytes +
			       memory->page_table_bytes / scope->page_bytes;

	if (process->oom_score_adj == BADNESS_ADJ_NEVER)
		return BADNESS_NEVER;
	return ((int64_t)pages + process->oom_score_adj * (total / 1000)) *
	       page;
}

static bool is_shifted(const char *release)
{
	unsigned major, minor;

	return sscanf(release, "%u.%u", &major, &minor) != 2 || major > 5 ||
	       (major == 5 && minor >= 9);
}

int badness_score(const struct badness_process *process,
		  const struct badness_scope *scope, const char *release)
{
	const int64_t page = (int64_t)scope->page_bytes;
	const int64_t total = (int64_t)scope->total_bytes / page;
	const int64_t badness = badness_bytes(process, scope);
	int64_t pages = badness / page;

	if (badness == BADNESS_NEVER || !total)
		return 0;
	if (is_shifted(release))
		return (int)((1000 + pages * 1000 / total) * 2 / 3);
	if (pages < 1)
		pages = 1;
	return (int)(pages * 1000 / total);
}

size_t badness_victim(const struct badness_process *processes, size_t count,
		      const struct badness_scope *scope)
{
	int64_t most = BADNESS_NEVER;
	size_t victim = count;

	for (size_t i = 0; i < count; i++) {
		const int64_t badness = badness_bytes(&processes[i], scope);

		if (badness == BADNESS_NEVER || badness < most)
			continue;
		most = badness;
		victim = i;
	}
	return victim;
}
