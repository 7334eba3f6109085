/* SPDX-License-Identifier: MIT */
/* Reading /proc without the libc; see look.h. */

#include "strategies/broker/look.h"

#include <fcntl.h>
#include <stddef.h>

#include "lib/raw.h"

#define CHUNK_BYTES 2048

SW_CHILD_HALF int sw_lines(const char *path,
			   void (*take)(void *data, const char *line),
			   void *data)
{
	const long fd =
		raw4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	char chunk[CHUNK_BYTES], line[SW_LINE_BYTES];
	size_t length = 0;
	long count;

	if (fd < 0)
		return (int)fd;
	while ((count = raw3(SYS_read, fd, chunk, sizeof chunk)) > 0) {
		for (long i = 0; i < count; i++) {
			if (chunk[i] != '\n') {
				if (length < sizeof line - 1)
					line[length++] = chunk[i];
				continue;
			}
			line[length] = '\0';
			take(data, line);
			length = 0;
		}
	}
	raw1(SYS_close, fd);
	return (int)count;
}

SW_CHILD_HALF uint64_t sw_hex(const char **text)
{
	uint64_t value = 0;

	for (;; (*text)++) {
		const char c = **text;

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint64_t)(c - 'a' + 10);
		else
			return value;
	}
}

/* The text behind a key, or NULL. */
SW_CHILD_HALF static const char *behind(const char *line, const char *key)
{
	while (*key)
		if (*line++ != *key++)
			return NULL;
	return line;
}

SW_CHILD_HALF static void take_fact(void *data, const char *line)
{
	struct sw_facts *facts = data;
	const struct {
		const char *key;
		uint64_t *value;
	} wanted[] = {
		{ "SigIgn:\t", &facts->ignored },
		{ "CapBnd:\t", &facts->bounding },
		{ "CapAmb:\t", &facts->ambient },
		/* Decimal; any number is as good to be compared. */
		{ "Seccomp_filters:\t", &facts->filters },
	};

	if (*line != 'S' && *line != 'C')
		return;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		const char *text = behind(line, wanted[i].key);

		if (text)
			*wanted[i].value = sw_hex(&text);
	}
}

SW_CHILD_HALF static char *put(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	*to = '\0';
	return to;
}

/* "/proc/PID/NAME" */
SW_CHILD_HALF static void proc_path(char *path, pid_t pid, const char *name)
{
	char digits[12];
	char *first = digits + sizeof digits - 1;

	*first = '\0';
	do
		*--first = (char)('0' + pid % 10);
	while (pid /= 10);
	put(put(put(put(path, "/proc/"), first), "/"), name);
}

SW_CHILD_HALF int sw_facts_read(struct sw_facts *facts, pid_t pid)
{
	char path[64];

	*facts = (struct sw_facts){ 0 };
	proc_path(path, pid, "status");
	return sw_lines(path, take_fact, facts);
}

SW_CHILD_HALF void sw_namespaces_read(struct sw_namespaces *namespaces,
				      pid_t pid)
{
	static const char links[SW_NAMESPACE_COUNT][24] = {
		"ns/net",    "ns/uts",		    "ns/ipc",
		"ns/cgroup", "ns/pid_for_children", "ns/time_for_children",
	};

	for (int i = 0; i < SW_NAMESPACE_COUNT; i++) {
		char *name = namespaces->names[i];
		char path[64];
		long length;

		proc_path(path, pid, links[i]);
		length = raw4(SYS_readlinkat, AT_FDCWD, path, name,
			      SW_NAMESPACE_BYTES);
		for (long rest = length < 0 ? 0 : length;
		     rest < SW_NAMESPACE_BYTES; rest++)
			name[rest] = '\0';
	}
}
