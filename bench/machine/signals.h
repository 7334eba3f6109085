/* SPDX-License-Identifier: MIT */
/* Signals that end a work in an orderly way. */
#ifndef MACHINE_SIGNALS_H
#define MACHINE_SIGNALS_H

#include <signal.h>

/* Those of numbers (ended by 0) that are to be heeded: one that was ignored
 * when we started (nohup, a background job of a script) stays ignored. */
void signals_choose(const int *numbers, sigset_t *chosen);

/* The number of one of these blocked signals that is pending, or 0. */
int signals_pending(const sigset_t *blocked);

#endif
