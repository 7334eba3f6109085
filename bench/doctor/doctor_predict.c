/* SPDX-License-Identifier: MIT */
/* What spawning would ask of this machine now; see doctor_predict.h. */

#include "bench/doctor/doctor_predict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/machine/cgroup_room.h"
#include "bench/measure/predict_facts.h"
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

int doctor_predict_heap(struct predicted_heaps *heaps, uint64_t heap_bytes,
			const char *label)
{
	struct predicted_heap *row = &heaps->rows[heaps->count];
	const struct predict_mapping heap = { .bytes = heap_bytes,
					      .requests = 1,
					      .vmas = 1 };
	struct predict_facts small;
	int error;

	if (heaps->count == PREDICT_HEAPS_MAX)
		return -ENOSPC;
	error = predict_facts_imagined(0, &small);
	if (!error)
		error = bound_by_addresses(&small);
	if (error)
		return error;
	*row = (struct predicted_heap){ .heap_bytes = heap_bytes };
	snprintf(row->label, sizeof row->label, "%s", label);
	for (int mode = 0; mode < OVERCOMMIT_MODES; mode++) {
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

int doctor_predict_usual_heaps(struct predicted_heaps *heaps,
			       uint64_t ram_bytes)
{
	int error = doctor_predict_heap(heaps, GIB, "");

	if (!error)
		error = doctor_predict_heap(heaps, ram_bytes / 4, "RAM/4");
	if (!error)
		error = doctor_predict_heap(heaps, ram_bytes / 2, "RAM/2");
	if (!error)
		error = doctor_predict_heap(heaps, ram_bytes, "RAM");
	if (!error)
		error = doctor_predict_heap(heaps, 2 * ram_bytes, "2 RAM");
	return error;
}

int doctor_predict_process(const struct process *process,
			   struct predicted_process *predicted)
{
	struct process_memory memory;
	struct cgroup group;
	struct cgroup_room room;
	struct smaps_facts facts;
	const pid_t thread = process_thread(process->pid);
	int error = smaps_read(thread, &facts);

	if (!error)
		error = predict_facts_read(&facts, thread, &predicted->facts);
	if (!error)
		error = process_memory_read(process->pid, &memory);
	/* It was perhaps another one, or none. */
	if (process_ended(process))
		error = -ESRCH;
	if (error)
		return error;
	predicted->pid = process->pid;
	memcpy(predicted->name, process->stat.name, sizeof predicted->name);
	predicted->vmas = facts.vmas;
	predicted->page_table_bytes = memory.page_table_bytes;
	predicted->room_bytes = UINT64_MAX;
	error = cgroup_of(process->pid, "memory", &group);
	if (!error)
		error = cgroup_room_read(&group, &room);
	if (!error)
		predicted->room_bytes = cgroup_room_bytes(&room);
	predicted->room_error = error == -ENOENT ? 0 : error;
	return 0;
}
