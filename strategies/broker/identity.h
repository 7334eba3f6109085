/* SPDX-License-Identifier: MIT */
/*
 * Who the caller is: what its helper cannot take over from a request, because
 * the kernel does not let it, or must not, because the caller gave it up.
 */
#ifndef BROKER_IDENTITY_H
#define BROKER_IDENTITY_H

#include <linux/capability.h>
#include <stdbool.h>
#include <sys/types.h>

#define SW_GROUPS_MAX 1024

struct sw_identity {
	uid_t uids[4]; /* real, effective, saved, of the file system */
	gid_t gids[4];
	int no_new_privs;
	int seccomp; /* mode, as PR_GET_SECCOMP of prctl(2) tells it */
	int secure_bits;
	int no_exec_gain; /* PR_GET_MDWE of prctl(2); exec passes it on */
	pid_t session;
	struct __user_cap_data_struct capabilities[2];
	int group_count;
	gid_t groups[SW_GROUPS_MAX]; /* group_count of them count */
};

/* Of the calling thread. Eleven system calls of no consequence. 0, or -ENOTSUP
 * where groups are too many to be compared. */
int sw_identity_take(struct sw_identity *identity);

bool sw_identity_equal(const struct sw_identity *one,
		       const struct sw_identity *other);

#endif
