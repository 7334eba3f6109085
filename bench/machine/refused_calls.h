/* SPDX-License-Identifier: MIT */
/* Which system calls of spawning are refused to us. */
#ifndef MACHINE_REFUSED_CALLS_H
#define MACHINE_REFUSED_CALLS_H

#include <stddef.h>

/* Their names, a blank between them; "" for none. Each is asked with arguments
 * that the kernel refuses before it does anything, by a child of ours, since a
 * filter may kill for a system call. Where children are born in another pid
 * namespace nothing is asked: the first would be its init. Returns text. */
char *refused_calls(char *text, size_t size);

#endif
