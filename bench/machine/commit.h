/* SPDX-License-Identifier: MIT */
/*
 * What strict overcommit holds back from whom.
 *
 * The reserves of __vm_enough_memory() (mm/util.c): root's is kept from
 * processes without CAP_SYS_ADMIN, the user's is at most 1/32 of the
 * process's own size.
 */
#ifndef MACHINE_COMMIT_H
#define MACHINE_COMMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct commit_rights {
	bool admin;		 /* CAP_SYS_ADMIN is effective */
	uint64_t total_vm_bytes; /* the process's address space */
	uint64_t data_bytes;	 /* of it what is private and writable */
	uint64_t admin_reserve_bytes;
	uint64_t user_reserve_bytes;
};

/* Of a process; pid 0 is the calling one. 0 or a negative errno. */
int commit_rights_read(pid_t pid, struct commit_rights *rights);

#endif
