/* SPDX-License-Identifier: MIT */
/*
 * Who sets the memory limit of a control group, and where to change it.
 *
 * Nothing in the kernel says so: the names that systemd and the container
 * engines give their groups do.
 */
#ifndef MACHINE_CGROUP_OWNER_H
#define MACHINE_CGROUP_OWNER_H

#include <stddef.h>

#include "bench/machine/cgroup_room.h"

/* A phrase: "systemd, unit sshd.service: `systemctl set-property sshd.service
 * MemoryMax=SIZE`". room has the limit, container is host_container()'s word.
 * Returns text. */
char *cgroup_owner(const struct cgroup *group, const struct cgroup_room *room,
		   const char *container, char *text, size_t size);

#endif
