/* SPDX-License-Identifier: MIT */
/* The clocks, in nanoseconds. */
#ifndef MACHINE_CLOCK_H
#define MACHINE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_read_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* The clock that the child's stamp is read from too: one for all CPUs. */
static inline int64_t clock_now_ns(void)
{
	return clock_read_ns(CLOCK_MONOTONIC);
}

/* The same in milliseconds, to wait by. */
static inline int64_t clock_now_ms(void)
{
	return clock_now_ns() / 1000000;
}

/* CPU time of the calling thread. */
static inline int64_t clock_thread_cpu_ns(void)
{
	return clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
}

#endif
