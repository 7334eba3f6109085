/* SPDX-License-Identifier: MIT */
/* Reading /proc without the libc; see look.h. */

#include "strategies/broker/look.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/raw.h"

/* Give away the lines that are complete; what is left comes to the front. */
SW_CHILD_HALF static void give_lines(struct sw_reader *reader)
{
	char *const chunk = reader->chunk;
	const size_t length = reader->length;
	size_t start = 0;

	for (size_t i = 0; i < length && !reader->done; i++) {
		if (chunk[i] != '\n')
			continue;
		chunk[i] = '\0';
		reader->done = reader->take(reader->data, chunk + start);
		start = i + 1;
	}
	reader->length = 0;
	/* Of a line that fills the chunk only the head matters. */
	if (!start && length == SW_CHUNK_BYTES)
		reader->length = SW_LINE_BYTES;
	else
		for (size_t i = start; i < length; i++)
			chunk[reader->length++] = chunk[i];
}

SW_CHILD_HALF int sw_lines(struct sw_reader *reader, int fd,
			   bool (*take)(void *data, const char *line),
			   void *data)
{
	long offset = 0, count;

	reader->take = take;
	reader->data = data;
	reader->done = false;
	reader->length = 0;
	do {
		count = raw4(SYS_pread64, fd, reader->chunk + reader->length,
			     SW_CHUNK_BYTES - reader->length, offset);
		if (count <= 0)
			return (int)count;
		offset += count;
		reader->length += (size_t)count;
		give_lines(reader);
	} while (!reader->done);
	return 0;
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

SW_CHILD_HALF static bool take_fact(void *data, const char *line)
{
	struct sw_facts *facts = data;
	const struct {
		const char *key;
		uint64_t *value;
	} wanted[] = {
		{ "Umask:\t", &facts->umask },
		{ "SigIgn:\t", &facts->ignored },
		{ "CapBnd:\t", &facts->bounding },
		{ "CapAmb:\t", &facts->ambient },
		/* The last. In decimal, but it is only compared. */
		{ "Seccomp_filters:\t", &facts->filters },
	};

	if (*line != 'S' && *line != 'C' && *line != 'V' && *line != 'U')
		return false;
	if (behind(line, "VmSize:"))
		facts->has_memory = true;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		const char *text = behind(line, wanted[i].key);

		if (text)
			*wanted[i].value = sw_hex(&text);
		if (text && wanted[i].value == &facts->filters)
			return true;
	}
	return false;
}

SW_CHILD_HALF mode_t sw_umask_of(const struct sw_facts *facts)
{
	mode_t umask = 0;

	for (int digit = 3; digit >= 0; digit--)
		umask = umask << 3 | (facts->umask >> 4 * digit & 7);
	return umask;
}

SW_CHILD_HALF char *sw_put(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	*to = '\0';
	return to;
}

/* A helper has to read there. */
static int without_proc(int error)
{
	return error == -ENOENT ? -ENOTSUP : error;
}

int sw_facts_of_thread(struct sw_facts *facts)
{
	struct sw_reader reader;
	const long fd = raw4(SYS_openat, AT_FDCWD, "/proc/thread-self/status",
			     O_RDONLY | O_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return without_proc((int)fd);
	*facts = (struct sw_facts){ .umask = SW_NO_UMASK };
	error = sw_lines(&reader, (int)fd, take_fact, facts);
	raw1(SYS_close, fd);
	return error;
}

SW_CHILD_HALF bool sw_facts_equal(const struct sw_facts *one,
				  const struct sw_facts *other)
{
	return one->bounding == other->bounding &&
	       one->ambient == other->ambient && one->filters == other->filters;
}

SW_CHILD_HALF void sw_link_read(const char *path, char *to, size_t bytes)
{
	const long length = raw4(SYS_readlinkat, AT_FDCWD, path, to, bytes - 1);

	for (size_t rest = length < 0 ? 0 : (size_t)length; rest < bytes;
	     rest++)
		to[rest] = '\0';
}

SW_CHILD_HALF void sw_proc_name(char *name, size_t bytes)
{
	sw_link_read("/proc/self", name, bytes);
}

int sw_above_stdio(int fd)
{
	int copy;

	if (fd < 0)
		return -errno;
	if (fd > STDERR_FILENO)
		return fd;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (copy < 0)
		copy = -errno;
	close(fd);
	return copy;
}

void sw_hold(struct sw_held *held, int fd)
{
	struct stat file = { 0 };

	if (fd >= 0)
		fstat(fd, &file);
	*held = (struct sw_held){ fd, file.st_dev, file.st_ino };
}

SW_CHILD_HALF bool sw_holds(const struct sw_held *held)
{
	struct stat file;

	file.st_dev = 0;
	file.st_ino = 0;
	return raw2(SYS_fstat, held->fd, &file) >= 0 &&
	       file.st_dev == held->device && file.st_ino == held->inode;
}

void sw_let_go(struct sw_held *held)
{
	if (sw_holds(held))
		close(held->fd);
	held->fd = -1;
}

int sw_status_open(struct sw_held *status)
{
	const int fd =
		sw_above_stdio(open("/proc/self/status", O_RDONLY | O_CLOEXEC));

	sw_hold(status, fd);
	return fd < 0 ? without_proc(fd) : 0;
}

SW_CHILD_HALF int sw_facts_read(struct sw_facts *facts,
				const struct sw_held *status,
				struct sw_reader *reader)
{
	*facts = (struct sw_facts){ .umask = SW_NO_UMASK };
	if (!sw_holds(status))
		return -EBADF;
	return sw_lines(reader, status->fd, take_fact, facts);
}

SW_CHILD_HALF bool sw_names_equal(const char *one, const char *other)
{
	for (int i = 0; i < SW_NAMESPACE_BYTES; i++)
		if (one[i] != other[i])
			return false;
	return true;
}

SW_CHILD_HALF void sw_namespaces_read(struct sw_namespaces *namespaces,
				      const char *name)
{
	static const char links[SW_NAMESPACE_COUNT][24] = {
		"/ns/mnt",
		"/ns/user",
		"/ns/net",
		"/ns/uts",
		"/ns/ipc",
		"/ns/cgroup",
		"/ns/pid_for_children",
		"/ns/time_for_children",
	};

	sw_proc_name(namespaces->self, sizeof namespaces->self);
	for (int i = 0; i < SW_NAMESPACE_COUNT; i++) {
		char path[64];

		sw_put(sw_put(sw_put(path, "/proc/"), name), links[i]);
		sw_link_read(path, namespaces->names[i], SW_NAMESPACE_BYTES);
	}
}

SW_CHILD_HALF static char *put_hex(char *to, uintptr_t value)
{
	int shift = 4 * (int)(2 * sizeof value - 1);

	while (shift && !(value >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*to++ = "0123456789abcdef"[value >> shift & 15];
	*to = '\0';
	return to;
}

SW_CHILD_HALF int sw_mapping_look(const char *name, const void *start,
				  const void *end)
{
	char path[96], target[1];
	char *to = sw_put(sw_put(sw_put(path, "/proc/"), name), "/map_files/");
	long result;

	to = sw_put(put_hex(to, (uintptr_t)start), "-");
	put_hex(to, (uintptr_t)end);
	result = raw4(SYS_readlinkat, AT_FDCWD, path, target, sizeof target);
	return result < 0 ? (int)result : 0;
}
