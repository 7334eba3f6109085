/* SPDX-License-Identifier: MIT */
/* What memory there is and who bounds it; see doctor_limits.h. */

#include "bench/doctor/doctor_limits.h"

#include <errno.h>
#include <string.h>

#include "bench/show/units.h"
#include "bench/verbs/tell.h"

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)

static void tell_mode(struct table *table, const struct diagnosis *found)
{
	static const char *const rules[] = {
		"0 (heuristic): refuses what alone exceeds RAM and swap",
		"1 (always): refuses nothing, the OOM killer decides later",
		"2 (strict): refuses what would exceed CommitLimit",
	};

	if (found->mode < 0 || found->mode > 2)
		tell(table, "overcommit", TABLE_BAD, "the mode is unknown: %s",
		     strerror(-found->mode));
	else
		tell(table, "overcommit", TABLE_PLAIN, "mode %s",
		     rules[found->mode]);
	if (found->overcommit.owner == OVERCOMMIT_RUN)
		tell(table, "", TABLE_STRONG,
		     "a run at work has set mode %d for a moment",
		     found->overcommit.now);
	if (found->overcommit.owner == OVERCOMMIT_LEFTOVER)
		tell(table, "", TABLE_BAD,
		     "a killed run has left mode %d behind: put it back with "
		     "`sudo spawnwise restore`",
		     found->overcommit.now);
}

/* The rule with this machine's numbers. */
static void tell_meaning(struct table *table, const struct diagnosis *found)
{
	const struct units_text all = size_human(
		found->memory.total_bytes + found->memory.swap_total_bytes);

	if (found->mode == 0)
		tell(table, "", TABLE_PLAIN,
		     "here: one mapping of up to %s, and any number of them",
		     all.text);
	if (found->mode == 1)
		tell(table, "", TABLE_PLAIN,
		     "here: a mapping of any size, and any number of them, "
		     "while there are addresses");
	if (found->mode == 2)
		tell(table, "", TABLE_PLAIN,
		     "here: ENOMEM when all programs together were promised %s",
		     size_human(found->memory.commit_limit_bytes).text);
	else if (found->mode >= 0)
		tell(table, "", TABLE_PLAIN,
		     "when more than %s is used, the OOM killer kills",
		     all.text);
}

static void tell_commit(struct table *table, const struct diagnosis *found)
{
	const struct predict_facts *facts = &found->facts;

	if (found->facts_error) {
		tell(table, "", TABLE_BAD, "no spawn can be predicted: %s",
		     meminfo_error(found->facts_error));
		return;
	}
	tell(table, "", TABLE_PLAIN,
	     "CommitLimit %s, committed %s, left for mode 2: %s",
	     size_human(found->memory.commit_limit_bytes).text,
	     size_human(found->memory.committed_bytes).text,
	     size_human(meminfo_headroom_bytes(&found->memory)).text);
	tell(table, "", TABLE_PLAIN,
	     "mode 2 would grant this user %s of it%s%s",
	     size_human(predict_left(facts)).text,
	     facts->admin ? "" : "; kept for root: ",
	     facts->admin ? "" : size_human(facts->admin_reserve_bytes).text);
	tell(table, "", TABLE_PLAIN,
	     "less 1/32 of the size of the program that asks, up to %s",
	     size_human(facts->user_reserve_bytes).text);
}

static void tell_overcommit(struct table *table, const struct diagnosis *found)
{
	tell_mode(table, found);
	if (found->memory_error)
		return;
	tell_meaning(table, found);
	tell_commit(table, found);
	if (found->may_write)
		tell(table, "", TABLE_PLAIN,
		     "--overcommit 0, 1, 2 and all are possible");
	else
		tell(table, "", TABLE_FAINT,
		     "--overcommit current only. %s to measure the other modes",
		     overcommit_cure());
}

static void tell_memory(struct table *table, const struct diagnosis *found)
{
	const struct meminfo *memory = &found->memory;
	const uint64_t bytes = found->allowance_bytes;
	const uint64_t unit = bytes >= 4 * GIB ? GIB : 64 * MIB;

	if (found->memory_error) {
		tell(table, "memory", TABLE_BAD, "unknown: %s",
		     meminfo_error(found->memory_error));
		return;
	}
	tell(table, "memory", TABLE_PLAIN, "%s of RAM, %s of it available",
	     size_human(memory->total_bytes).text,
	     size_human(memory->available_bytes).text);
	if (memory->swap_total_bytes)
		tell(table, "", TABLE_PLAIN, "%s of swap, %s of it free",
		     size_human(memory->swap_total_bytes).text,
		     size_human(memory->swap_free_bytes).text);
	else
		tell(table, "", TABLE_PLAIN,
		     "no swap: when RAM is used up, a process is killed");
	if (found->allowance_error) {
		tell(table, "", TABLE_BAD, "a run may take none: %s",
		     found->allowance_why);
		return;
	}
	tell(table, "", TABLE_PLAIN, "a run may take %s, %s",
	     size_human(bytes).text, found->allowance_why);
	tell(table, "", TABLE_PLAIN, "--heap up to %s fits",
	     size_exact(bytes / unit * unit).text);
}

static void tell_group(struct table *table, const struct diagnosis *found)
{
	const struct group_finding *group = &found->group;
	const struct cgroup_room *room = &group->room;

	if (!group->found && group->error == -ENOENT) {
		tell(table, "cgroup", TABLE_FAINT,
		     "none that counts memory here");
	} else if (!group->found) {
		tell(table, "cgroup", TABLE_FAINT, "its limits are hidden: %s",
		     cgroup_error(group->error));
	} else {
		tell(table, "cgroup", TABLE_PLAIN, "version %d%s, %s",
		     group->own.version,
		     group->hybrid ? " (hybrid: version 2 is mounted too)" : "",
		     group->own.directory);
		tell(table, "", TABLE_PLAIN, "uses %s, of it cache to drop: %s",
		     size_human(room->usage_bytes).text,
		     size_human(room->cache_bytes).text);
	}
	if (group->found && !room->limited)
		tell(table, "", TABLE_PLAIN, "no limit");
	if (group->found && room->limited) {
		tell(table, "", TABLE_STRONG, "%s %s, %s left, by %s",
		     room->limit_name, size_human(room->limit_bytes).text,
		     size_human(cgroup_room_bytes(room)).text, room->directory);
		tell(table, "", TABLE_PLAIN, "set by %s", group->owner);
	}
	if (strcmp(found->container, "no") != 0)
		tell(table, "container", TABLE_PLAIN, "%s", found->container);
}

void doctor_tell_limits(struct table *table, const struct diagnosis *found)
{
	tell_overcommit(table, found);
	tell_memory(table, found);
	tell_group(table, found);
}
