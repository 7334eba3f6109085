/* SPDX-License-Identifier: MIT */
/* Lines of /proc/PID/status and limits; see status.h. */

#include "bench/machine/status.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine/text.h"

/* The rest of the first line of that file that begins with key. */
static int find_line(pid_t pid, const char *file, const char *key, char *text,
		     size_t size)
{
	TEXT_STREAM stream = pid ? text_open("/proc/%d/%s", (int)pid, file)
				 : text_open("/proc/self/%s", file);
	char *line = NULL;
	size_t room = 0;
	int error = -ENODATA;

	if (!stream)
		return -errno;
	while (error && getline(&line, &room, stream) >= 0) {
		const size_t length = strlen(key);

		if (strncmp(line, key, length) != 0)
			continue;
		snprintf(text, size, "%s",
			 line + length + strspn(line + length, " \t"));
		text[strcspn(text, "\n")] = '\0';
		error = 0;
	}
	free(line);
	return error;
}

static int read_number(const char *text, int base, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, base);
	return end == text || errno ? -EBADMSG : 0;
}

static int status_text(pid_t pid, const char *key, char *text, size_t size)
{
	char begin[64];

	snprintf(begin, sizeof begin, "%s:", key);
	return find_line(pid, "status", begin, text, size);
}

int status_number(pid_t pid, const char *key, int base, uint64_t *number)
{
	char text[128];
	const int error = status_text(pid, key, text, sizeof text);

	return error ? error : read_number(text, base, number);
}

int status_limit(pid_t pid, const char *name, uint64_t *soft)
{
	char text[128];
	const int error = find_line(pid, "limits", name, text, sizeof text);

	if (error)
		return error;
	*soft = UINT64_MAX;
	return strncmp(text, "unlimited", 9) ? read_number(text, 10, soft) : 0;
}
