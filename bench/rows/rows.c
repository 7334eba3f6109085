/* SPDX-License-Identifier: MIT */
/* Writing rows; see rows.h. */

#include "bench/rows/rows.h"

#include <time.h>

#include "bench/rows/errname.h"

char *row_date(const time_t *date, char *text)
{
	struct tm utc;

	strftime(text, ROW_DATE_BYTES, "%Y-%m-%dT%H:%M:%SZ",
		 gmtime_r(date, &utc));
	return text;
}

static void put_yes(struct csv_writer *writer, int yes)
{
	csv_put_text(writer, yes < 0 ? NULL : yes ? "yes" : "no");
}

static const int decimals[] = { [FIELD_SECONDS] = 3, [FIELD_RATIO] = 4 };

static void put_field(struct csv_writer *writer, const struct row_field *field,
		      const void *member, const char *run_id)
{
	char date[ROW_DATE_BYTES];

	switch (field->kind) {
	case FIELD_SCHEMA:
		csv_put_integer(writer, ROW_SCHEMA);
		break;
	case FIELD_RUN_ID:
		csv_put_text(writer, run_id);
		break;
	case FIELD_FLAG:
		csv_put_integer(writer, *(const bool *)member);
		break;
	case FIELD_YES:
		put_yes(writer, *(const int *)member);
		break;
	case FIELD_COUNT:
	case FIELD_NUMBER:
		csv_put_integer(writer, *(const int *)member);
		break;
	case FIELD_BYTES:
		csv_put_size(writer, *(const uint64_t *)member);
		break;
	case FIELD_LIMIT:
		csv_put_size(writer,
			     *(const uint64_t *)member ?: BYTES_UNKNOWN);
		break;
	case FIELD_NAME:
	case FIELD_WORD:
	case FIELD_TEXT:
		csv_put_text(writer, *(const char *const *)member);
		break;
	case FIELD_CHOICE:
		csv_put_text(writer, field->words[*(const int *)member]);
		break;
	case FIELD_ERRNO:
		csv_put_text(writer, errname(*(const int *)member));
		break;
	case FIELD_ERRNOS:
	case FIELD_LINE:
	case FIELD_WORDS:
		csv_put_text(writer, member);
		break;
	case FIELD_NS:
	case FIELD_SECONDS:
	case FIELD_RATIO:
		csv_put_real(writer, *(const double *)member,
			     decimals[field->kind]);
		break;
	case FIELD_INTEGER:
		if (*(const int64_t *)member == INTEGER_UNKNOWN)
			csv_put_text(writer, NULL);
		else
			csv_put_integer(writer, *(const int64_t *)member);
		break;
	case FIELD_OUTCOME:
		csv_put_text(writer, outcome_name(*(const int *)member));
		break;
	case FIELD_DATE:
		csv_put_text(writer, row_date(member, date));
		break;
	case FIELD_OUTCOMES:
	case FIELD_EMBEDDED:
	case FIELD_ROW:
	case FIELD_ROWS:
		csv_put_text(writer, NULL);
		break;
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

static void put_part(struct csv_writer *writer, const struct row_part *part,
		     const char *run_id, const void *row)
{
	const char *base = (const char *)row + part->base;

	if (part->pointed)
		base = *(const char *const *)base;
	for (const struct row_field *field = part->fields; field->name; field++)
		if (base)
			put_field(writer, field, base + field->offset, run_id);
		else
			csv_put_text(writer, NULL);
}

int row_put(struct csv_writer *writer, const struct row_type *type,
	    const char *run_id, const void *row)
{
	for (const struct row_part *part = type->parts; part->fields; part++)
		put_part(writer, part, run_id, row);
	return csv_end_row(writer);
}
