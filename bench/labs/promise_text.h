/* SPDX-License-Identifier: MIT */
/* What the promises of promise.csv mean, for people. */
#ifndef LABS_PROMISE_TEXT_H
#define LABS_PROMISE_TEXT_H

#include "bench/labs/labs.h"
#include "bench/labs/promise.h"

/* What was done, and on how large a machine. */
void promise_tell_scale(struct lab_context *context,
			const struct promise *promise);

/* A paragraph a mode, and what a promise is not. */
void promise_tell(struct lab_context *context, const struct promise *seen,
		  size_t count);

#endif
