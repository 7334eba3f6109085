/* SPDX-License-Identifier: MIT */
/* What sw_spawn() refuses for every strategy alike. */
#ifndef LIB_VALIDATE_H
#define LIB_VALIDATE_H

#include "lib/spawnwise.h"

/* 0, or -EINVAL for a request that lacks what is required or has a value that
 * cannot be; child->stage and child->action tell which. */
int sw_validate(const struct sw_request *request, struct sw_child *child);

#endif
