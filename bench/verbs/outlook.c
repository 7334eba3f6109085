/* SPDX-License-Identifier: MIT */
/* What spawning would ask of this machine now; see outlook.h. */

#include "bench/verbs/outlook.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/machine/cgroup_room.h"
#include "bench/measure/forecast.h"
#include "lib/spawnwise.h"

#define GIB (UINT64_C(1) << 30)

/* What an address space still takes, which no overcommit mode widens: as if
 * RLIMIT_AS were no more than that. */
static int bound_by_addresses(struct predict_facts *facts)
{
	struct smaps_facts own;
	int error = smaps_read(0, &own);
	uint64_t most_bytes;

	if (error)
		return error;
	most_bytes = facts->total_vm_bytes + own.largest_gap_bytes;
	if (!facts->address_limit_bytes ||
	    facts->address_limit_bytes > most_bytes)
		facts->address_limit_bytes = most_bytes;
	return 0;
}

int outlook_add_heap(struct heaps_outlook *heaps, uint64_t heap_bytes,
		     const char *label)
{
	struct heap_outlook *row = &heaps->rows[heaps->count];
	const struct predict_mapping heap = { .bytes = heap_bytes,
					      .requests = 1,
					      .vmas = 1 };
	struct predict_facts small;
	int error;

	if (heaps->count == OUTLOOK_HEAPS_MAX)
		return -ENOSPC;
	error = forecast_imagined(0, &small);
	if (!error)
		error = bound_by_addresses(&small);
	if (error)
		return error;
	*row = (struct heap_outlook){ .heap_bytes = heap_bytes };
	snprintf(row->label, sizeof row->label, "%s", label);
	for (int mode = 0; mode < OUTLOOK_MODES; mode++) {
		struct predict_facts large = small;

		row->heap[mode] = predict_map(&heap, mode, &large);
		row->spawn[mode] = row->heap[mode];
		if (!row->heap[mode])
			row->spawn[mode] =
				predict(SW_CHARGES_COMMIT, mode, &large);
	}
	heaps->count++;
	return 0;
}

int outlook_add_usual_heaps(struct heaps_outlook *heaps, uint64_t ram_bytes)
{
	int error = outlook_add_heap(heaps, GIB, "");

	if (!error)
		error = outlook_add_heap(heaps, ram_bytes / 4, "RAM/4");
	if (!error)
		error = outlook_add_heap(heaps, ram_bytes / 2, "RAM/2");
	if (!error)
		error = outlook_add_heap(heaps, ram_bytes, "RAM");
	if (!error)
		error = outlook_add_heap(heaps, 2 * ram_bytes, "2 RAM");
	return error;
}

int outlook_read_process(const struct process *process,
			 struct process_outlook *outlook)
{
	struct process_memory memory;
	struct cgroup group;
	struct cgroup_room room;
	struct smaps_facts facts;
	const pid_t thread = process_thread(process->pid);
	int error = smaps_read(thread, &facts);

	if (!error)
		error = forecast_facts(&facts, thread, &outlook->facts);
	if (!error)
		error = process_memory_read(process->pid, &memory);
	/* It was perhaps another one, or none. */
	if (process_ended(process))
		error = -ESRCH;
	if (error)
		return error;
	outlook->pid = process->pid;
	memcpy(outlook->name, process->stat.name, sizeof outlook->name);
	outlook->vmas = facts.vmas;
	outlook->page_table_bytes = memory.page_table_bytes;
	outlook->room_bytes = UINT64_MAX;
	error = cgroup_of(process->pid, "memory", &group);
	if (!error)
		error = cgroup_room_read(&group, &room);
	if (!error)
		outlook->room_bytes = cgroup_room_bytes(&room);
	outlook->room_error = error == -ENOENT ? 0 : error;
	return 0;
}
