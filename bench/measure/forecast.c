/* SPDX-License-Identifier: MIT */
/* Facts for a prediction; see forecast.h. */

#include "bench/measure/forecast.h"

#include "bench/machine/commit.h"

int forecast_facts(const struct smaps_facts *parent, pid_t pid,
		   struct predict_facts *facts)
{
	struct meminfo machine;
	struct commit_rights rights;
	int error = meminfo_read(&machine);

	if (!error)
		error = commit_rights_read(pid, &rights);
	if (error)
		return error;
	*facts = (struct predict_facts){
		.accountable_bytes = parent->accountable_bytes,
		.largest_vma_bytes = parent->largest_accountable_bytes,
		.total_vm_bytes = rights.total_vm_bytes,
		.admin = rights.admin,
		.ram_bytes = machine.total_bytes,
		.swap_bytes = machine.swap_total_bytes,
		.commit_limit_bytes = machine.commit_limit_bytes,
		.committed_bytes = machine.committed_bytes,
		.admin_reserve_bytes = rights.admin_reserve_bytes,
		.user_reserve_bytes = rights.user_reserve_bytes,
	};
	return 0;
}
