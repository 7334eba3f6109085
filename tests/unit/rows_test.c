/* SPDX-License-Identifier: MIT */
/* Rows in CSV and JSON: every kind of field, known and unknown. */

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bench/rows/rows.h"

struct inner {
	int count;
};

struct outer {
	bool flag;
	int yes, count, number, choice, error, outcome;
	uint64_t bytes, limit;
	const char *text;
	char line[8], words[16], errnos[ERRNOS_BYTES];
	double ns, seconds, ratio;
	int64_t integer;
	time_t date;
	const struct inner *row;
	struct row_list rows;
};

static const char *const choices[] = { "zero", "one", NULL };

static const struct row_field inner_fields[] = {
	FIELD("count", COUNT, offsetof(struct inner, count)), { 0 }
};
static const struct row_type inner_row = ROW_TYPE("inner", inner_fields);

#define AT(member) offsetof(struct outer, member)

static const struct row_field fields[] = {
	FIELD("flag", FLAG, AT(flag)),
	FIELD("yes", YES, AT(yes)),
	FIELD("count", COUNT, AT(count)),
	FIELD("number", NUMBER, AT(number)),
	FIELD("bytes", BYTES, AT(bytes)),
	FIELD("limit", LIMIT, AT(limit)),
	FIELD("text", TEXT, AT(text)),
	FIELD("line", LINE, AT(line)),
	FIELD("words", WORDS, AT(words)),
	FIELD("choice", CHOICE, AT(choice), .words = choices),
	FIELD("errno", ERRNO, AT(error)),
	FIELD("errnos", ERRNOS, AT(errnos)),
	FIELD("ns", NS, AT(ns)),
	FIELD("seconds", SECONDS, AT(seconds)),
	FIELD("ratio", RATIO, AT(ratio)),
	FIELD("integer", INTEGER, AT(integer)),
	FIELD("outcome", OUTCOME, AT(outcome)),
	FIELD("date", DATE, AT(date)),
	FIELD("row", ROW, AT(row), .type = &inner_row),
	FIELD("rows", ROWS, AT(rows), .type = &inner_row),
	{ 0 },
};
static const struct row_type outer_row = ROW_TYPE("outer", fields);

static void check(const struct outer *row, const char *csv, const char *json)
{
	json_t *value = row_json(&outer_row, row);
	char *told = json_dumps(value, JSON_COMPACT);
	char *written = NULL;
	size_t bytes = 0;
	struct csv_writer writer = { .stream =
					     open_memstream(&written, &bytes) };

	assert_int_equal(row_put(&writer, &outer_row, NULL, row), 0);
	fclose(writer.stream);
	assert_string_equal(written, csv);
	assert_string_equal(told, json);
	free(written);
	free(told);
	json_decref(value);
}

static void what_is_known(void **state)
{
	static const struct inner inner[] = { { 1 }, { 2 } };
	const struct outer row = {
		.flag = true,
		.yes = 1,
		.count = 2,
		.number = -3,
		.choice = 1,
		.error = ENOMEM,
		.outcome = 0,
		.bytes = 4,
		.limit = 5,
		.text = "a \xff",
		.line = "b",
		.words = "c d",
		.errnos = "ENOMEM:3",
		.ns = 6.25,
		.seconds = 7.5,
		.ratio = 0.5,
		.integer = 8,
		.date = 0,
		.row = inner,
		.rows = { inner, 2, sizeof *inner },
	};

	(void)state;
	check(&row,
	      "1,yes,2,-3,4,5,a \\xff,b,c d,one,ENOMEM,ENOMEM:3,6,7.500,0.5000,"
	      "8,ok,1970-01-01T00:00:00Z,,\n",
	      "{\"flag\":true,\"yes\":true,\"count\":2,\"number\":-3,"
	      "\"bytes\":4,\"limit\":5,\"text\":\"a \\\\xff\",\"line\":\"b\","
	      "\"words\":[\"c\",\"d\"],\"choice\":\"one\","
	      "\"errno\":\"ENOMEM\",\"errnos\":\"ENOMEM:3\",\"ns\":6.0,"
	      "\"seconds\":7.5,\"ratio\":0.5,\"integer\":8,\"outcome\":\"ok\","
	      "\"date\":\"1970-01-01T00:00:00Z\",\"row\":{\"count\":1},"
	      "\"rows\":[{\"count\":1},{\"count\":2}]}");
}

static void what_is_unknown(void **state)
{
	const struct outer row = {
		.yes = -1,
		.choice = 2,
		.outcome = OUTCOME_UNKNOWN,
		.bytes = BYTES_UNKNOWN,
		.ns = NAN,
		.seconds = NAN,
		.ratio = NAN,
		.integer = INTEGER_UNKNOWN,
	};

	(void)state;
	check(&row, "0,,0,0,,,,,,,,,,,,,,1970-01-01T00:00:00Z,,\n",
	      "{\"flag\":false,\"yes\":null,\"count\":0,\"number\":0,"
	      "\"bytes\":null,\"limit\":null,\"text\":null,\"line\":null,"
	      "\"words\":[],\"choice\":null,\"errno\":null,\"errnos\":null,"
	      "\"ns\":null,\"seconds\":null,\"ratio\":null,\"integer\":null,"
	      "\"outcome\":null,\"date\":\"1970-01-01T00:00:00Z\","
	      "\"row\":null,\"rows\":[]}");
}

/* JSON's integers end at INT64_MAX. */
static void extremes(void **state)
{
	const struct outer row = {
		.number = INT_MIN,
		.bytes = UINT64_MAX - 1,
		.limit = INT64_MAX,
		.integer = INT64_MIN,
		.ns = INFINITY,
	};

	(void)state;
	check(&row,
	      "0,no,0,-2147483648,18446744073709551614,9223372036854775807,,,,"
	      "zero,,,,0.000,0.0000,-9223372036854775808,ok,"
	      "1970-01-01T00:00:00Z,,\n",
	      "{\"flag\":false,\"yes\":false,\"count\":0,"
	      "\"number\":-2147483648,\"bytes\":null,"
	      "\"limit\":9223372036854775807,\"text\":null,"
	      "\"line\":null,\"words\":[],\"choice\":\"zero\","
	      "\"errno\":null,\"errnos\":null,\"ns\":null,"
	      "\"seconds\":0.0,\"ratio\":0.0,"
	      "\"integer\":-9223372036854775808,\"outcome\":\"ok\","
	      "\"date\":\"1970-01-01T00:00:00Z\",\"row\":null,"
	      "\"rows\":[]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_known),
		cmocka_unit_test(what_is_unknown),
		cmocka_unit_test(extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
