/* SPDX-License-Identifier: MIT */
/* Where the child's program is. */
#ifndef MEASURE_PAYLOAD_PATH_H
#define MEASURE_PAYLOAD_PATH_H

#include <limits.h>

/* The payload that was built or installed with this command: beside it, or in
 * ../libexec/spawnwise. 0, or -ENOENT. */
int payload_path(char path[PATH_MAX]);

#endif
