/* SPDX-License-Identifier: MIT */
/*
 * A request as it lies in shared memory: everything it points to copied
 * there, with what a child of the calling thread would inherit.
 */
#ifndef BROKER_ORDER_H
#define BROKER_ORDER_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/child.h"
#include "strategies/broker/place.h"

#define SW_CPU_MASK_BYTES 1024 /* NR_CPUS is 8192 at most */

/* struct sched_attr of sched_setattr(2), first version. */
struct sw_sched {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

struct sw_order {
	struct sw_request request; /* sigmask is in image.mask */
	struct sw_image image;	   /* image.request has no meaning here */

	/* Of the calling thread. */
	pid_t thread;
	int umask; /* -1: that of the caller's first thread */
	struct sw_sched sched;
	pid_t group;
	int nice;
	int dumpable; /* PR_GET_DUMPABLE of prctl(2) */
	uint32_t cpu_bytes;
	struct sw_place place;
	_Alignas(8) unsigned char cpus[SW_CPU_MASK_BYTES];
};

/* How a child of the calling thread is scheduled; sched->size is 0 where the
 * kernel does not tell. */
void sw_sched_take(struct sw_sched *sched, int *nice);

/* Whether sched_setattr(2) sets the nice value as well (__setscheduler_params()
 * in kernel/sched). */
static inline bool sw_sched_has_nice(const struct sw_sched *sched)
{
	return sched->policy == SCHED_OTHER || sched->policy == SCHED_BATCH;
}

/*
 * In the caller: write request, and the state of the calling thread, to order
 * and its memory to the room bytes at block. Returns how many bytes that
 * takes; when it is more than room, the order must not be used.
 */
size_t sw_order_write(struct sw_order *order, char *block, size_t room,
		      const struct sw_request *request);

/*
 * In the helper, on its own copy of an order: 0, or -EBADMSG when a child
 * could not follow it safely. What the child reads itself must lie between
 * start and end, where a zero byte follows; what only the kernel reads for it
 * may be anything (EFAULT).
 */
int sw_order_check(const struct sw_order *order, const char *start,
		   const char *end);

#endif
