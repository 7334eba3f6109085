/* SPDX-License-Identifier: MIT */
/* Facts for a prediction; see forecast.h. */

#include "bench/measure/forecast.h"

#include "bench/machine/commit.h"
#include "bench/machine/status.h"

/* 0 without a limit. */
static int read_limit(pid_t pid, const char *name, uint64_t *bytes)
{
	int error = status_limit(pid, name, bytes);

	if (!error && *bytes == UINT64_MAX)
		*bytes = 0;
	return error;
}

int forecast_facts(const struct smaps_facts *parent, pid_t pid,
		   struct predict_facts *facts)
{
	struct meminfo machine;
	struct commit_rights rights;
	uint64_t address_limit_bytes = 0, data_limit_bytes = 0;
	int error = meminfo_read_commit(&machine);

	if (!error)
		error = commit_rights_read(pid, &rights);
	if (!error)
		error = read_limit(pid, "Max address space",
				   &address_limit_bytes);
	if (!error)
		error = read_limit(pid, "Max data size", &data_limit_bytes);
	if (error)
		return error;
	*facts = (struct predict_facts){
		.accountable_bytes = parent->accountable_bytes,
		.largest_vma_bytes = parent->largest_accountable_bytes,
		.total_vm_bytes = rights.total_vm_bytes,
		.admin = rights.admin,
		.data_bytes = rights.data_bytes,
		.address_limit_bytes = address_limit_bytes,
		.data_limit_bytes = data_limit_bytes,
		.ram_bytes = machine.total_bytes,
		.swap_bytes = machine.swap_total_bytes,
		.commit_limit_bytes = machine.commit_limit_bytes,
		.committed_bytes = machine.committed_bytes,
		.admin_reserve_bytes = rights.admin_reserve_bytes,
		.user_reserve_bytes = rights.user_reserve_bytes,
	};
	return 0;
}

int forecast_self(struct predict_facts *facts)
{
	struct smaps_facts parent;
	int error = smaps_read(0, &parent);

	return error ? error : forecast_facts(&parent, 0, facts);
}

int forecast_imagined(uint64_t heap_bytes, struct predict_facts *facts)
{
	const struct smaps_facts parent = {
		.accountable_bytes = heap_bytes,
		.largest_accountable_bytes = heap_bytes,
	};
	const int error = forecast_facts(&parent, 0, facts);

	if (error)
		return error;
	facts->total_vm_bytes += heap_bytes;
	facts->committed_bytes += heap_bytes;
	return 0;
}
