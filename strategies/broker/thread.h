/* SPDX-License-Identifier: MIT */
/* A thread that is not the caller's first: whether it is as the helper was
 * born. The helper can only look at the first one. */
#ifndef BROKER_THREAD_H
#define BROKER_THREAD_H

#include "strategies/broker/bond.h"

/* 0 if the calling thread, whose identity is that of the bond, has its bounding
 * and ambient capabilities and its number of seccomp filters too, else -ESTALE.
 * What cannot be read is refused with its errno. Where the thread may have
 * parted from the first one's umask, *umask becomes its own. */
int sw_thread_check(const struct sw_bond *bond, int *umask);

#endif
