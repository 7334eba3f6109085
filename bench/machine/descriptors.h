/* SPDX-License-Identifier: MIT */
/* The open descriptors of the calling process. */
#ifndef MACHINE_DESCRIPTORS_H
#define MACHINE_DESCRIPTORS_H

struct failure;

/* How many are open, and the highest; or -errno. By /proc/self/fd. */
int descriptors_count(int *highest);

/* Open so many more, without close-on-exec, and count them. The soft limit is
 * raised where it is too low. 0, or -errno with why filled. */
int descriptors_open(int count, struct failure *why);

/* How many more the hard limit lets a process open, with some to spare. */
unsigned long descriptors_room(void);

#endif
