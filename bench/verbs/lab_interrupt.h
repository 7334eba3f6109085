/* SPDX-License-Identifier: MIT */
/* What is left when a lab is interrupted: its rows, or nothing. */
#ifndef VERBS_LAB_INTERRUPT_H
#define VERBS_LAB_INTERRUPT_H

#include "bench/files/lab_files.h"

/* From now on SIGINT, SIGTERM and SIGHUP, unless ignored, end the command with
 * EXIT_INTERRUPTED and a line that says where the rows are. What the lab has
 * started ends with it: workers, groups (memory_group.h), modes (guardian.h).
 * files must stay. */
void lab_interrupt_watch(const struct lab_files *files);

/* From now on the line says that the files hold all. */
void lab_interrupt_all_kept(void);

#endif
