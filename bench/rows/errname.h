/* SPDX-License-Identifier: MIT */
/*
 * Error numbers and their names: 12 <-> "ENOMEM".
 *
 * Files carry names, because numbers differ between architectures.
 * strerrorname_np(3) would do one direction, but only glibc 2.32 has it.
 */
#ifndef ROWS_ERRNAME_H
#define ROWS_ERRNAME_H

#define ERRNOS_BYTES 64	     /* for "ENOMEM:3;EAGAIN:1" */
#define OUTCOME_UNKNOWN (-1) /* what was not predicted or not tried */

/* The name of a positive errno. A number without a name is given in decimal,
 * in memory that the calling thread's next call overwrites; names live for
 * ever. 0 is "". */
const char *errname(int error);

/* The positive errno of a name or of a decimal number; 0 for "". -EINVAL for
 * anything else. */
int errname_number(const char *name);

/* The word for an outcome: "ok" for 0, "" for OUTCOME_UNKNOWN, else as
 * errname(). */
const char *outcome_name(int outcome);

/* The outcome of such a word by pointer; 0, or -EINVAL. */
int outcome_number(const char *name, int *outcome);

#endif
