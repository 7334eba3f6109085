/* SPDX-License-Identifier: MIT */
/*
 * The child that a benchmark starts: stamps its first instruction and exits.
 *
 * Linked without a libc, so that what is timed is the birth of a process and
 * not a dynamic loader. Its first act is to write 8 bytes of CLOCK_MONOTONIC
 * to its standard output; where that is not open nothing is lost.
 */

#include <stdint.h>
#include <time.h>

#include "lib/raw.h"

_Noreturn void _start(void);

_Noreturn void _start(void)
{
	struct timespec now = { 0 };
	uint64_t stamp_ns;

	raw2(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	stamp_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	raw3(SYS_write, 1, &stamp_ns, sizeof stamp_ns);
	for (;;)
		raw1(SYS_exit_group, 0);
}
