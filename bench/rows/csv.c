/* SPDX-License-Identifier: MIT */
/*
 * Writing CSV, and fields as numbers.
 *
 * printf(3) and strtod(3) follow LC_NUMERIC, so every decimal point goes
 * through uselocale(3): a comma there would be a column more.
 */

#include "bench/rows/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/text.h"

static void note(struct csv_writer *writer, int result)
{
	if (result < 0 && !writer->error)
		writer->error = errno ? errno : EIO;
}

static void begin_field(struct csv_writer *writer)
{
	if (writer->in_row)
		note(writer, putc(',', writer->stream));
	writer->in_row = true;
}

void csv_put_text(struct csv_writer *writer, const char *text)
{
	const bool quoted = text && text[strcspn(text, ",\"\r\n")];
	char piece[5];

	begin_field(writer);
	if (quoted)
		note(writer, putc('"', writer->stream));
	while (text && *text) {
		text += text_piece(text, "\r\n\t", piece);
		if (*piece == '"')
			note(writer, putc('"', writer->stream));
		note(writer, fputs(piece, writer->stream));
	}
	if (quoted)
		note(writer, putc('"', writer->stream));
}

/* The C locale for this thread; undone by leave_c_locale(). It is static
 * in glibc and musl, so asking for it costs next to nothing. */
static locale_t enter_c_locale(locale_t *c_locale)
{
	*c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	return uselocale(*c_locale);
}

static void leave_c_locale(locale_t before, locale_t c_locale)
{
	uselocale(before);
	if (c_locale)
		freelocale(c_locale);
}

const char *csv_real(char *text, double number, int decimals)
{
	locale_t before, c_locale;

	if (!isfinite(number))
		return "";
	before = enter_c_locale(&c_locale);
	snprintf(text, CSV_REAL_BYTES, "%.*f", decimals, number);
	leave_c_locale(before, c_locale);
	return text;
}

int csv_end_row(struct csv_writer *writer)
{
	note(writer, putc('\n', writer->stream));
	writer->in_row = false;
	return -writer->error;
}

/* strtoull(3) takes " 1" and "-1"; a file of ours has neither. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int csv_get_integer(const char *text, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(text, &end, 10);
	return *end || !is_digit(text[*text == '-']) ? -EINVAL : -errno;
}

int csv_get_size(const char *text, uint64_t *bytes)
{
	char *end;

	errno = 0;
	*bytes = strtoull(text, &end, 10);
	return *end || !is_digit(*text) ? -EINVAL : -errno;
}

int csv_get_real(const char *text, double *number)
{
	locale_t before, c_locale;
	double value;
	char *end;

	if (!*text) {
		*number = NAN;
		return 0;
	}
	if (!is_digit(text[*text == '-']))
		return -EINVAL;
	before = enter_c_locale(&c_locale);
	value = strtod(text, &end);
	leave_c_locale(before, c_locale);
	if (*end)
		return -EINVAL;
	if (!isfinite(value))
		return -ERANGE;
	*number = value;
	return 0;
}

int csv_drop_cut_row(const char *path)
{
	char end[4096]; /* longer than any row */
	const int fd = open(path, O_RDWR | O_CLOEXEC);
	const off_t room = (off_t)sizeof end;
	off_t size, from;
	ssize_t length;
	const char *last;
	int error = 0;

	if (fd < 0)
		return -errno;
	size = lseek(fd, 0, SEEK_END);
	from = size > room ? size - room : 0;
	length = pread(fd, end, sizeof end, from);
	last = length > 0 ? memrchr(end, '\n', (size_t)length) : NULL;
	if (last && ftruncate(fd, from + (last + 1 - end)))
		error = -errno;
	close(fd);
	return error;
}
