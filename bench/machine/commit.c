/* SPDX-License-Identifier: MIT */
/* What strict overcommit holds back; see commit.h. */

#include "bench/machine/commit.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <unistd.h>

#include "bench/machine/status.h"
#include "bench/machine/text.h"

static int read_status(pid_t pid, struct commit_rights *rights)
{
	uint64_t effective, kbytes;
	int error = status_number(pid, "CapEff", 16, &effective);

	if (error)
		return error;
	rights->admin = effective >> CAP_SYS_ADMIN & 1;
	error = status_number(pid, "VmData", 10, &kbytes);
	rights->data_bytes = error ? 0 : kbytes << 10;
	return error == -ENODATA ? 0 : error; /* a zombie has none */
}

static int read_total_vm(const char *process, uint64_t *bytes)
{
	char statm[128];
	uint64_t pages;
	int error =
		text_read_at(statm, sizeof statm, "/proc/%s/statm", process);

	if (error)
		return error;
	if (sscanf(statm, "%" SCNu64, &pages) != 1)
		return -EBADMSG;
	*bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

static int read_reserve(const char *path, uint64_t *bytes)
{
	int64_t kbytes;
	int error = text_read_number(path, &kbytes);

	if (!error)
		*bytes = (uint64_t)kbytes << 10;
	return error;
}

int commit_rights_read(pid_t pid, struct commit_rights *rights)
{
	char process[16] = "self";
	int error;

	if (pid)
		snprintf(process, sizeof process, "%d", (int)pid);
	error = read_status(pid, rights);
	if (!error)
		error = read_total_vm(process, &rights->total_vm_bytes);
	if (!error)
		error = read_reserve("/proc/sys/vm/admin_reserve_kbytes",
				     &rights->admin_reserve_bytes);
	if (!error)
		error = read_reserve("/proc/sys/vm/user_reserve_kbytes",
				     &rights->user_reserve_bytes);
	return error;
}
