/* SPDX-License-Identifier: MIT */
/* What does a lab, as declared, and what a lab may ask of it. */
#ifndef LABS_DRIVER_H
#define LABS_DRIVER_H

#include "bench/labs/part.h"

/* Do the context's lab. 0; an error that the context's failure describes; or
 * -errno of a stream. */
int lab_run(struct lab_context *context);

/* Write a row, whose trial is filled in, and keep it. 0 or -errno. */
int lab_keep(struct lab_context *context, const void *row);

#endif
