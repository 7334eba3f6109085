/* SPDX-License-Identifier: MIT */
/* What strict overcommit holds back; see commit.h. */

#include "bench/machine/commit.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/text.h"

#define STATUS_BYTES 4096

static int read_status(const char *process, struct commit_rights *rights)
{
	char status[STATUS_BYTES];
	const char *line;
	uint64_t effective, kbytes;
	int error =
		text_read_at(status, sizeof status, "/proc/%s/status", process);

	if (error)
		return error;
	line = strstr(status, "\nCapEff:");
	if (!line || sscanf(line, "\nCapEff: %" SCNx64, &effective) != 1)
		return -EBADMSG;
	rights->admin = effective >> CAP_SYS_ADMIN & 1;
	line = strstr(status, "\nVmData:"); /* a zombie has none */
	rights->data_bytes =
		line && sscanf(line, "\nVmData: %" SCNu64, &kbytes) == 1
			? kbytes << 10
			: 0;
	return 0;
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
	error = read_status(process, rights);
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
