/* SPDX-License-Identifier: MIT */
/*
 * The child that an experiment lets grow: writes to page after page.
 *
 * Linked without a libc, so that nothing else of it takes memory. It ends by
 * itself at what the largest group of a lab may have, if nobody kills it.
 */

#include <stddef.h>

#include "lib/raw.h"

#define MOST_BYTES ((size_t)512 << 20)
#define PAGE_BYTES 4096 /* the smallest there is */

static volatile char memory[MOST_BYTES];

_Noreturn void _start(void);

_Noreturn void _start(void)
{
	for (size_t at = 0; at < MOST_BYTES; at += PAGE_BYTES)
		memory[at] = 1;
	for (;;)
		raw1(SYS_exit_group, 0);
}
