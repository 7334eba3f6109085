/* SPDX-License-Identifier: MIT */
/* What sw_spawn() refuses for every strategy alike. */
#ifndef LIB_VALIDATE_H
#define LIB_VALIDATE_H

#include "lib/spawnwise.h"

/* As much as can be said of the size alone: *request becomes one as long as our
 * struct, copied to whole if it is shorter. 0, -EINVAL for a size that cannot
 * be, or -ENOTSUP for one that holds what we do not know. */
int sw_request_read(const struct sw_request **request,
		    struct sw_request *whole);

/* The same for a strategy, always copied. */
int sw_strategy_read(const struct sw_strategy *strategy,
		     struct sw_strategy *whole);

/* Whether so many bytes are 0. */
bool sw_are_zero(const void *bytes, size_t count);

/* 0, -ENOTSUP for a field that we do not know, or -EINVAL for a request that
 * lacks what is required or has a value that cannot be; child->stage and
 * child->action tell which. */
int sw_validate(const struct sw_request *request, struct sw_child *child);

#endif
