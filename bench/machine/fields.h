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

/* The value of what a file does not tell, or tells as more than 64 bits hold:
 * lxcfs(1) writes negative sizes like that. */
#define FIELD_ABSENT UINT64_MAX

/* One number that is wanted, and where it goes. */
struct field {
	const char *key; /* up to the colon or blank */
	uint64_t *value;
	uint64_t unit; /* what one of the file's units is in the value's */
	bool required;
};

/* Read a stream to its end, lines of any length; other lines are ignored. 0;
 * -ENODATA: a required field is absent; -EBADMSG: a wanted one is not a number,
 * or a required one too large; then *culprit, if not NULL, is its key. -EIO. */
int fields_parse(FILE *stream, const struct field *fields, size_t count,
		 const char **culprit);

#endif
