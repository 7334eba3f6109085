/* SPDX-License-Identifier: MIT */
/* What a verb may rely on, whatever state was inherited. */
#ifndef VERBS_STANDARD_H
#define VERBS_STANDARD_H

#include <stdbool.h>

/* Cron, daemons and entry points of containers may leave SIGCHLD ignored, which
 * lasts over execve(2). Reset it for us, before any process is born. */
void standard_signals_reset(void);

/* As it was: for a command that takes our place. */
void standard_signals_restore(void);

/* For a verb that runs no command of the user's: no signal is blocked, and we
 * may read the files that we make, whatever the umask. */
void standard_state_reset(void);

/* Started with a standard descriptor closed, a file of ours would get its
 * number and whatever is printed. Call it before opening any: what is written
 * to such a descriptor fails then. A command gets it closed again. */
void standard_descriptors_keep(bool for_command);

/* Let a write beyond RLIMIT_FSIZE (ulimit -f) fail with EFBIG, as any other
 * that cannot be done, rather than end us without a word (setrlimit(2)). The
 * programs that we start are not touched by it. */
void standard_limits_tell(void);

#endif
