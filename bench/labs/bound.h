/* SPDX-License-Identifier: MIT */
/* What ends a process's memory: the words of stopped_by, for people. */
#ifndef LABS_BOUND_H
#define LABS_BOUND_H

#include <stdbool.h>

/* The word as part of a sentence, static. */
const char *bound_text(const char *word);

/* Whether it is a limit of this process alone, set by setrlimit(2): it says
 * nothing of the machine. */
bool bound_is_own(const char *word);

#endif
