/* SPDX-License-Identifier: MIT */
/* Writing rows; see rows.h. */

#include "bench/rows/rows.h"

#include <inttypes.h>
#include <time.h>

#include "bench/rows/errname.h"

static const char *size_text(uint64_t bytes, uint64_t unknown, char *text)
{
	snprintf(text, ROW_TEXT_BYTES, "%" PRIu64, bytes);
	return bytes == unknown ? "" : text;
}

static const char *integer_text(int64_t number, char *text)
{
	snprintf(text, ROW_TEXT_BYTES, "%" PRId64, number);
	return text;
}

static const char *date_text(const time_t *date, char *text)
{
	struct tm utc;

	strftime(text, ROW_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ",
		 gmtime_r(date, &utc));
	return text;
}

static const char *yes_text(int yes)
{
	return yes < 0 ? "" : yes ? "yes" : "no";
}

static const int decimals[] = { [FIELD_SECONDS] = 3, [FIELD_RATIO] = 4 };

const char *row_text(const struct row_field *field, const void *member,
		     char *text)
{
	switch (field->kind) {
	case FIELD_SCHEMA:
		return integer_text(ROW_SCHEMA, text);
	case FIELD_FLAG:
		return *(const bool *)member ? "1" : "0";
	case FIELD_YES:
		return yes_text(*(const int *)member);
	case FIELD_COUNT:
	case FIELD_NUMBER:
		return integer_text(*(const int *)member, text);
	case FIELD_BYTES:
		return size_text(*(const uint64_t *)member, BYTES_UNKNOWN,
				 text);
	case FIELD_LIMIT:
		return size_text(*(const uint64_t *)member, 0, text);
	case FIELD_INTEGER:
		if (*(const int64_t *)member == INTEGER_UNKNOWN)
			return "";
		return integer_text(*(const int64_t *)member, text);
	case FIELD_NAME:
	case FIELD_WORD:
	case FIELD_TEXT:
		return *(const char *const *)member ?: "";
	case FIELD_LINE:
	case FIELD_WORDS:
	case FIELD_ERRNOS:
		return member;
	case FIELD_CHOICE:
		return field->words[*(const int *)member] ?: "";
	case FIELD_ERRNO:
		return errname(*(const int *)member);
	case FIELD_OUTCOME:
		return outcome_name(*(const int *)member);
	case FIELD_NS:
	case FIELD_SECONDS:
	case FIELD_RATIO:
		return csv_real(text, *(const double *)member,
				decimals[field->kind]);
	case FIELD_DATE:
		return date_text(member, text);
	default:
		return "";
	}
}

int row_put_header(struct csv_writer *writer, const struct row_type *type)
{
	for (const struct row_part *part = type->parts; part->fields; part++)
		for (const struct row_field *field = part->fields; field->name;
		     field++)
			csv_put_text(writer, field->name);
	return csv_end_row(writer);
}

const void *row_part_at(const struct row_part *part, const void *row)
{
	const char *base = (const char *)row + part->base;

	return part->pointed ? *(const void *const *)base : base;
}

static void put_part(struct csv_writer *writer, const struct row_part *part,
		     const char *run_id, const void *row)
{
	const char *base = row_part_at(part, row);
	char text[ROW_TEXT_BYTES];

	for (const struct row_field *field = part->fields; field->name; field++)
		csv_put_text(
			writer,
			field->kind == FIELD_RUN_ID ? run_id
			: base ? row_text(field, base + field->offset, text)
			       : NULL);
}

int row_put(struct csv_writer *writer, const struct row_type *type,
	    const char *run_id, const void *row)
{
	for (const struct row_part *part = type->parts; part->fields; part++)
		put_part(writer, part, run_id, row);
	return csv_end_row(writer);
}
