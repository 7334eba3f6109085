/* SPDX-License-Identifier: MIT */
/*
 * Numbers under names, a line each: "MemTotal:  24684096 kB" of /proc/meminfo
 * and /proc/PID/status, "inactive_file 4096" of memory.stat.
 */
#ifndef MACHINE_FIELDS_H
#define MACHINE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One number that is wanted, and where it goes. */
struct field {
	const char *key; /* up to the colon or blank */
	uint64_t *value;
	uint64_t unit; /* what one of the file's units is in the value's */
	bool *seen;    /* set when the line was there */
};

/* Read a stream to its end; other lines are ignored, and values without a line
 * stay as they are. 0; -EBADMSG: a wanted field is not a number, or too large;
 * -EIO. */
int fields_parse(FILE *stream, const struct field *fields, size_t count);

#endif
