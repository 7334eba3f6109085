/* SPDX-License-Identifier: MIT */
/*
 * Small files of /proc and /sys as text: one way to read them, for all.
 *
 * Files of these systems must be read from the start and in one go, else
 * their parts may belong to different moments.
 */
#include "bench/machine/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int text_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t got;

	text[0] = '\0';
	if (fd < 0)
		return -errno;
	do {
		got = read(fd, text + used, size - 1 - used);
		if (got > 0)
			used += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	int error = got < 0 ? -errno : 0;

	close(fd);
	while (used > 0 && text[used - 1] == '\n')
		used--;
	text[used] = '\0';
	return error;
}

int text_read_at(char *text, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	text[0] = '\0';
	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	return text_read(path, text, size);
}

int text_write_at(const char *text, const char *format, ...)
{
	char path[PATH_MAX];
	size_t size = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t written = write(fd, text, size);
	int error = written < 0 ? -errno : written < (ssize_t)size ? -EIO : 0;

	close(fd);
	return error;
}

FILE *text_open(const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	return fopen(path, "re");
}

void text_close(FILE **stream)
{
	if (*stream)
		fclose(*stream);
}

int text_read_number(const char *path, int64_t *value)
{
	char text[32];
	char *end;
	int error = text_read(path, text, sizeof(text));

	if (error)
		return error;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	if (end == text || *end || errno)
		return -EBADMSG;
	*value = number;
	return 0;
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

char *text_size(char *text, size_t size, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double amount = (double)bytes;
	size_t unit = 0;

	while (amount >= 1024 && unit + 1 < sizeof(units) / sizeof(*units)) {
		amount /= 1024;
		unit++;
	}
	snprintf(text, size, unit ? "%.1f %s" : "%.0f %s", amount, units[unit]);
	return text;
}
