/* SPDX-License-Identifier: MIT */
/*
 * The option --pid: a process that a verb looks at.
 */
#ifndef VERBS_PID_H
#define VERBS_PID_H

#include "bench/machine/process.h"
#include "bench/verbs/verbs.h"

/* EXIT_FAILED with why filled when the process cannot be looked at: what
 * process_open() said, and what it found: a thread, a kernel thread, a zombie.
 * Else 0. */
int pid_check(const struct process *process, int error, struct failure *why);

#endif
