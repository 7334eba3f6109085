/* SPDX-License-Identifier: MIT */
/* Waiting for a word of memory that another process, or the kernel at its
 * death, will change: futex(2). */
#ifndef LIB_WAIT_H
#define LIB_WAIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The moment timeout_ms from now: CLOCK_MONOTONIC, ns; -1: never. */
int64_t sw_deadline(int timeout_ms);

/* Sleep while *word is value, for at most slice_ms (-1: no limit); a signal
 * or a stray wake-up may cut it short. False, without sleeping, when the
 * deadline has passed. Leaves errno alone. */
bool sw_wait(atomic_uint *word, unsigned value, int64_t deadline, int slice_ms);

/* Wake all that sleep on word, in every process that maps it. */
void sw_wake(atomic_uint *word);

#endif
