/* SPDX-License-Identifier: MIT */
/* What `watch` says at the end. */
#ifndef WATCH_WATCH_REPORT_H
#define WATCH_WATCH_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/watch/monitor.h"

/* Judge the series and print the verdict, for people or as a JSON object. 0,
 * -ENOMEM, or -EIO of the stream. */
int watch_report(const struct monitor *monitor, bool json, FILE *stream);

/* The keys of that object, and of `cgroup` and `rival` in it. */
extern const struct row_type watch_row, watch_group_row, watch_rival_row;

#endif
