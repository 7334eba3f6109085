/* SPDX-License-Identifier: MIT */
/* The part of `doctor` that warns; see bench/machine/warnings.h. */
#ifndef DOCTOR_DOCTOR_WARNINGS_H
#define DOCTOR_DOCTOR_WARNINGS_H

#include <jansson.h>
#include <sys/types.h>

#include "bench/show/table.h"

/* Rows about a process, below a subject; 0: the calling one. */
void doctor_tell_warnings(struct table *table, const char *subject, pid_t pid);

/* The same as a list of objects; NULL without memory. */
json_t *doctor_warnings_json(pid_t pid);

/* What binds another process, as a row, and as an object that holds the
 * limits alone. */
void doctor_tell_process_limits(struct table *table, pid_t pid);
json_t *doctor_process_limits_json(pid_t pid);

#endif
