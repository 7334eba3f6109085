/* SPDX-License-Identifier: MIT */
/* Facts for a prediction; see predict_facts.h. */

#include "bench/measure/predict_facts.h"

#include <errno.h>
#include <linux/capability.h>

#include "bench/machine/text.h"

/* 0 without a limit. */
static int read_limit(pid_t pid, const char *name, uint64_t *bytes)
{
	int error = status_limit(pid, name, bytes);

	if (!error && *bytes == UINT64_MAX)
		*bytes = 0;
	return error;
}

/* 0 of a zombie, which has no memory. */
static int read_size(pid_t pid, const char *key, uint64_t *bytes)
{
	uint64_t kbytes = 0;
	const int error = status_number(pid, key, 10, &kbytes);

	*bytes = kbytes << 10;
	return error == -ENODATA ? 0 : error;
}

/* Reserves of __vm_enough_memory() (mm/util.c): root's is kept from processes
 * without CAP_SYS_ADMIN, the user's is at most 1/32 of the process's own size.
 */
static int read_reserve(const char *path, uint64_t *bytes)
{
	const int error = text_read_number(path, bytes);

	*bytes <<= 10;
	return error;
}

static int read_process(pid_t pid, struct predict_facts *facts)
{
	uint64_t effective = 0;
	int error = status_number(pid, "CapEff", 16, &effective);

	facts->admin = effective >> CAP_SYS_ADMIN & 1;
	if (!error)
		error = read_size(pid, "VmSize", &facts->total_vm_bytes);
	if (!error)
		error = read_size(pid, "VmData", &facts->data_bytes);
	if (!error)
		error = read_limit(pid, "Max address space",
				   &facts->address_limit_bytes);
	return error ? error
		     : read_limit(pid, "Max data size",
				  &facts->data_limit_bytes);
}

static int read_machine(struct predict_facts *facts)
{
	struct meminfo machine;
	int error = meminfo_read_commit(&machine);

	if (error)
		return error;
	facts->ram_bytes = machine.total_bytes;
	facts->swap_bytes = machine.swap_total_bytes;
	facts->commit_limit_bytes = machine.commit_limit_bytes;
	facts->committed_bytes = machine.committed_bytes;
	error = read_reserve("/proc/sys/vm/admin_reserve_kbytes",
			     &facts->admin_reserve_bytes);
	return error ? error
		     : read_reserve("/proc/sys/vm/user_reserve_kbytes",
				    &facts->user_reserve_bytes);
}

int predict_facts_read(const struct smaps_facts *parent, pid_t pid,
		       struct predict_facts *facts)
{
	struct predict_facts now = {
		.accountable_bytes = parent->accountable_bytes,
		.largest_vma_bytes = parent->largest_accountable_bytes,
	};
	int error = read_machine(&now);

	if (!error)
		error = read_process(pid, &now);
	if (!error)
		*facts = now;
	return error;
}

int predict_facts_self(struct predict_facts *facts)
{
	struct smaps_facts parent;
	int error = smaps_read(0, &parent);

	return error ? error : predict_facts_read(&parent, 0, facts);
}

int predict_facts_imagined(uint64_t heap_bytes, struct predict_facts *facts)
{
	const struct smaps_facts parent = {
		.accountable_bytes = heap_bytes,
		.largest_accountable_bytes = heap_bytes,
	};
	const int error = predict_facts_read(&parent, 0, facts);

	if (error)
		return error;
	facts->total_vm_bytes += heap_bytes;
	facts->committed_bytes += heap_bytes;
	return 0;
}
