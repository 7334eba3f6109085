/* SPDX-License-Identifier: MIT */
/*
 * Memory that only a mapped page points to, made known to LeakSanitizer: it
 * searches static memory, stacks and the heap, and would call the state of a
 * handle that is open at the program's end a leak.
 */
#ifndef LIB_KNOWN_H
#define LIB_KNOWN_H

/* Point to memory from static memory until sw_known_remove() of what this
 * returns: -1 for NULL, or where 64 are known already. */
int sw_known_add(void *memory);
void sw_known_remove(int known);

#endif
