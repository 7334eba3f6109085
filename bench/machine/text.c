/* SPDX-License-Identifier: MIT */
/*
 * Small files of /proc and /sys: one way to read them, for all.
 *
 * Files of these systems must be read from the start and in one go, else
 * their parts may belong to different moments. Longer than other files: what
 * reads a file by lines or by names stands beside what opens it.
 */
#include "bench/machine/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

int list_add(void *list, size_t *count, const void *member, size_t member_bytes)
{
	char *members, *room;

	memcpy(&members, list, sizeof members);
	room = members;
	if (!(*count & (*count - 1)))
		room = reallocarray(members, *count ? 2 * *count : 1,
				    member_bytes);
	if (!room)
		return -ENOMEM;
	memcpy(room + (*count)++ * member_bytes, member, member_bytes);
	memcpy(list, &room, sizeof room);
	return 0;
}

/* The descriptor, or -errno. */
__attribute__((format(printf, 2, 0))) static int
open_at(int flags, const char *format, va_list arguments)
{
	char path[PATH_MAX];
	const int length = vsnprintf(path, sizeof(path), format, arguments);
	int fd;

	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int text_read_at(char *text, size_t size, const char *format, ...)
{
	va_list arguments;
	size_t used = 0;
	ssize_t got;

	va_start(arguments, format);
	OWNED_FD fd = open_at(O_RDONLY | O_NONBLOCK, format, arguments);
	va_end(arguments);
	text[0] = '\0';
	if (fd < 0)
		return fd;
	do {
		got = read(fd, text + used, size - 1 - used);
		if (got > 0)
			used += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	int error = got < 0 ? -errno : 0;

	while (used > 0 && text[used - 1] == '\n')
		used--;
	text[used] = '\0';
	return error;
}

int text_read(const char *path, char *text, size_t size)
{
	return text_read_at(text, size, "%s", path);
}

int text_write_at(const char *text, const char *format, ...)
{
	const ssize_t size = (ssize_t)strlen(text);
	ssize_t written;
	va_list arguments;

	va_start(arguments, format);
	OWNED_FD fd = open_at(O_WRONLY, format, arguments);
	va_end(arguments);
	if (fd < 0)
		return fd;
	written = write(fd, text, (size_t)size);
	return written < 0 ? -errno : written < size ? -EIO : 0;
}

FILE *text_open(const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	errno = ENAMETOOLONG;
	return length < PATH_MAX ? fopen(path, "re") : NULL;
}

FILE *text_open_of(pid_t pid, const char *name)
{
	return pid ? text_open("/proc/%d/%s", (int)pid, name)
		   : text_open("/proc/self/%s", name);
}

int text_number(const char *text, int base, uint64_t *number)
{
	char *end;

	errno = 0;
	text += strspn(text, " \t");
	*number = strtoull(text, &end, base);
	return end == text || errno || *text == '-' || !strchr(" \t\r\n", *end)
		       ? -EBADMSG
		       : 0;
}

int text_read_number(const char *path, uint64_t *number)
{
	char text[32];
	const int error = text_read(path, text, sizeof(text));

	return error ? error : text_number(text, 10, number);
}

int text_value(FILE *stream, const char *key, char *value, size_t size)
{
	const size_t length = strlen(key);
	int error = stream ? -ENODATA : -errno;
	OWNED_TEXT line = NULL;
	size_t room = 0;

	while (error == -ENODATA && getline(&line, &room, stream) >= 0)
		if (strncmp(line, key, length) == 0 &&
		    strchr(": \t", line[length])) {
			snprintf(value, size, "%s",
				 line + length + strspn(line + length, ": \t"));
			value[strcspn(value, "\n")] = '\0';
			error = 0;
		}
	return error;
}

static int read_value(pid_t pid, const char *file, const char *key,
		      char value[128])
{
	TEXT_STREAM stream = text_open_of(pid, file);

	return text_value(stream, key, value, 128);
}

int status_number(pid_t pid, const char *key, int base, uint64_t *number)
{
	char text[128];
	const int error = read_value(pid, "status", key, text);

	return error ? error : text_number(text, base, number);
}

int status_limit(pid_t pid, const char *name, uint64_t *soft)
{
	char text[128];
	const int error = read_value(pid, "limits", name, text);

	*soft = UINT64_MAX;
	return error || strncmp(text, "unlimited", 9) == 0
		       ? error
		       : text_number(text, 10, soft);
}

/* "  24684096 kB\n": the number of one field, which is there once. */
static int take_field(const char *text, const struct field *field)
{
	uint64_t value;
	const int error = text_number(text, 10, &value);

	if (error || *field->value != FIELD_ABSENT)
		return -EBADMSG;
	if (__builtin_mul_overflow(value, field->unit, field->value))
		*field->value = FIELD_ABSENT;
	return field->required && *field->value == FIELD_ABSENT ? -EBADMSG : 0;
}

static int take_line(const char *line, const struct field *fields, size_t count,
		     const char **culprit)
{
	const size_t length = strcspn(line, ": \t\n");
	const char *number = line + length + (line[length] == ':');
	int error = 0;

	for (size_t i = 0; i < count && length && !error; i++) {
		if (strlen(fields[i].key) != length ||
		    strncmp(line, fields[i].key, length) != 0)
			continue;
		error = take_field(number, &fields[i]);
		*culprit = fields[i].key;
	}
	return error;
}

int fields_parse(FILE *stream, const struct field *fields, size_t count,
		 const char **culprit)
{
	const char *ignored;
	OWNED_TEXT line = NULL;
	size_t room = 0;
	int error = 0;

	if (!culprit)
		culprit = &ignored;
	for (size_t i = 0; i < count; i++)
		*fields[i].value = FIELD_ABSENT;
	while (!error && getline(&line, &room, stream) >= 0)
		error = take_line(line, fields, count, culprit);
	if (!error && ferror(stream))
		error = -EIO;
	for (size_t i = 0; i < count && !error; i++)
		if (fields[i].required && *fields[i].value == FIELD_ABSENT) {
			*culprit = fields[i].key;
			error = -ENODATA;
		}
	return error;
}

void text_pick_bracketed(char *text)
{
	char *from = strchr(text, '[');
	char *to = from ? strchr(from, ']') : NULL;

	if (!to)
		return;
	memmove(text, from + 1, (size_t)(to - from - 1));
	text[to - from - 1] = '\0';
}

void text_join(char *text, size_t size, const char *between, const char *format,
	       ...)
{
	const size_t used = strlen(text);
	const size_t start = used ? used + strlen(between) : 0;
	va_list values;

	if (used)
		snprintf(text + used, size - used, "%s", between);
	if (start >= size)
		return;
	va_start(values, format);
	vsnprintf(text + start, size - start, format, values);
	va_end(values);
}

/* How long the character is that begins here, by the table of well-formed UTF-8
 * (Unicode, table 3-7); 0: it is none, or a control character. */
static size_t character_bytes(const unsigned char *at)
{
	const unsigned char c = *at;
	const size_t length = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	unsigned char least = 0x80, most = 0xbf;

	if (length == 1)
		return c >= ' ' && c < 0x7f;
	if (c > 0xf4)
		return 0;
	if (c == 0xc2 || c == 0xe0) /* U+0080 to U+009f are for control */
		least = 0xa0;
	if (c == 0xf0)
		least = 0x90;
	if (c == 0xed) /* surrogates */
		most = 0x9f;
	if (c == 0xf4)
		most = 0x8f;
	for (size_t i = 1; i < length; i++, least = 0x80, most = 0xbf)
		if (at[i] < least || at[i] > most)
			return 0;
	return length;
}

size_t text_piece(const char *text, const char *kept, char piece[5])
{
	size_t length = character_bytes((const unsigned char *)text);

	if (!length && *text && !strchr(kept, *text)) {
		snprintf(piece, 5, "\\x%02x", (unsigned char)*text);
		return 1;
	}
	length += !length;
	memcpy(piece, text, length);
	piece[length] = '\0';
	return length;
}

void text_put(const char *text, const char *kept, FILE *stream)
{
	char piece[5];

	while (*text) {
		text += text_piece(text, kept, piece);
		fputs(piece, stream);
	}
}

char *text_escaped(const char *text, const char *kept)
{
	char *escaped = malloc(4 * strlen(text) + 5);
	char *to = escaped;

	while (to && *text) {
		text += text_piece(text, kept, to);
		to += strlen(to);
	}
	if (to)
		*to = '\0';
	return escaped;
}

void text_print(FILE *stream, const char *format, ...)
{
	OWNED_TEXT text = NULL;
	va_list values;

	va_start(values, format);
	if (vasprintf(&text, format, values) >= 0)
		text_put(text, "\n", stream);
	va_end(values);
}
