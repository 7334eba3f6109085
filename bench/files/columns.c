/* SPDX-License-Identifier: MIT */
/* Writing rows by the table of their columns; see columns.h. */

#include "bench/files/columns.h"

#include "bench/files/errname.h"
#include "bench/files/run.h"

static void put_column(struct csv_writer *writer, enum column_kind kind,
		       const void *member, const char *run_id)
{
	switch (kind) {
	case KIND_SCHEMA:
		csv_put_integer(writer, COLUMNS_SCHEMA);
		break;
	case KIND_RUN_ID:
		csv_put_text(writer, run_id);
		break;
	case KIND_FLAG:
		csv_put_integer(writer, *(const bool *)member);
		break;
	case KIND_COUNT:
		csv_put_integer(writer, *(const int *)member);
		break;
	case KIND_SIZE:
		csv_put_size(writer, *(const uint64_t *)member);
		break;
	case KIND_NAME:
	case KIND_WORD:
		csv_put_text(writer, *(const char *const *)member);
		break;
	case KIND_TIME:
		csv_put_text(writer,
			     time_names[*(const enum sample_time *)member]);
		break;
	case KIND_ERRNO:
		csv_put_text(writer, errname(*(const int *)member));
		break;
	case KIND_ERRNOS:
		csv_put_text(writer, member);
		break;
	case KIND_NS:
		csv_put_real(writer, *(const double *)member, 0);
		break;
	case KIND_RATIO:
		csv_put_real(writer, *(const double *)member, 4);
		break;
	case KIND_INTEGER:
		if (*(const int64_t *)member == -1)
			csv_put_text(writer, NULL);
		else
			csv_put_integer(writer, *(const int64_t *)member);
		break;
	case KIND_OUTCOME:
		csv_put_text(writer, outcome_name(*(const int *)member));
		break;
	}
}

int columns_put_header(struct csv_writer *writer, const struct column *columns,
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		csv_put_text(writer, columns[i].name);
	return csv_end_row(writer);
}

int columns_put_row(struct csv_writer *writer, const struct column *columns,
		    size_t count, const char *run_id, const void *row)
{
	for (size_t i = 0; i < count; i++)
		put_column(writer, columns[i].kind,
			   (const char *)row + columns[i].offset, run_id);
	return csv_end_row(writer);
}
