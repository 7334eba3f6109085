/* SPDX-License-Identifier: MIT */
/*
 * A request as it lies in shared memory: everything it points to copied
 * there, with what a child of the calling thread would inherit.
 */
#ifndef BROKER_ORDER_H
#define BROKER_ORDER_H

#include <stdint.h>

#include "lib/child.h"

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
	struct sw_sched sched;
	pid_t group;
	uint32_t cpu_bytes;
	_Alignas(8) unsigned char cpus[SW_CPU_MASK_BYTES];
};

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
