/* SPDX-License-Identifier: MIT */
/*
 * host.json: what was known of the machine.
 */

#include "bench/files/host_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/files/replace.h"

int host_write(const char *dir, json_t *host)
{
	struct replace replace;
	int error = replace_begin(&replace, dir, "host.json");

	if (error)
		return error;
	if (json_dumpf(host, replace.stream,
		       JSON_INDENT(2) | JSON_REAL_PRECISION(6)) ||
	    putc('\n', replace.stream) == EOF) {
		replace_abort(&replace);
		return -EIO;
	}
	return replace_commit(&replace);
}

int host_read(const char *dir, json_t **host, char *why, size_t why_bytes)
{
	char *path = join_path(dir, "host.json");
	FILE *stream = path ? fopen(path, "re") : NULL;
	int error = path ? -errno : -ENOMEM;
	json_error_t problem;
	json_t *value;

	free(path);
	if (!stream) {
		snprintf(why, why_bytes, "%s", strerror(-error));
		return error;
	}
	value = json_loadf(stream, JSON_REJECT_DUPLICATES, &problem);
	fclose(stream);
	if (json_is_object(value)) {
		*host = value;
		return 0;
	}
	if (value)
		snprintf(why, why_bytes, "it is no JSON object");
	else
		snprintf(why, why_bytes, "line %d: %s", problem.line,
			 problem.text);
	json_decref(value);
	return -EBADMSG;
}
