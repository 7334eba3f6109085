/* SPDX-License-Identifier: MIT */
/*
 * Where a thread is: root and working folder, and the namespaces that those do
 * not tell of.
 *
 * A helper that shared them with its caller (CLONE_FS) would take something
 * from it: exec of a set-user-ID program gives no rights while they are shared
 * (check_unsafe_exec() in fs/exec.c), and nobody enters a mount or user
 * namespace (setns(2), EINVAL).
 */
#ifndef BROKER_PLACE_H
#define BROKER_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "strategies/broker/look.h"

/* A folder. Whoever holds it open keeps its numbers from being given to
 * another. */
struct sw_spot {
	uint64_t mount; /* 0 before Linux 5.8, STATX_MNT_ID of statx(2) */
	uint64_t inode;
	uint32_t device[2]; /* major, minor */
};

struct sw_place {
	struct sw_spot root;
	struct sw_spot folder;
};

/* What is not seen in a place: a thread in another mount namespace has another
 * root's mount, if that is known; one in another user namespace may look as
 * before. */
struct sw_realm {
	char mounts[SW_NAMESPACE_BYTES]; /* names, or "" for what is not shown
					  */
	char users[SW_NAMESPACE_BYTES];
};

/* Of a folder, "" being the working folder; all zeros where it cannot be looked
 * at. No server is waited for. */
struct sw_spot sw_spot_at(const char *path);

/* Of the calling thread, whatever it may read. */
void sw_place_take(struct sw_place *place);

bool sw_spots_equal(const struct sw_spot *one, const struct sw_spot *other);

/* Of the calling thread. */
void sw_realm_take(struct sw_realm *realm);

/* Whether the calling thread, which is in that place, has not entered another
 * user namespace, nor another mount namespace unless its place tells. */
bool sw_realm_holds(const struct sw_realm *realm, const struct sw_place *place,
		    pid_t helper);

#endif
