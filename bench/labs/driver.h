/* SPDX-License-Identifier: MIT */
/* What does a lab, as declared, and what a lab may ask of it. */
#ifndef LABS_DRIVER_H
#define LABS_DRIVER_H

#include "bench/labs/part.h"

/* Do the lab. 0; an error that the context's failure describes; or -errno of a
 * stream. */
int lab_run(struct lab_context *context, const struct lab *lab);

/* Try a part, write its rows and tell of them. */
int lab_try(struct lab_context *context, const struct lab_part *part);

/* Write a row, whose trial is filled in, and keep it. 0 or -errno. */
int lab_keep(struct lab_context *context, const void *row);

/* How much memory a lab may take: *bytes, at least least_bytes. 0, or -errno
 * with the context's failure. */
int lab_ceiling(struct lab_context *context, uint64_t least_bytes,
		uint64_t *bytes);

#endif
