/* SPDX-License-Identifier: MIT */
/*
 * CSV read: columns by name, what survives a round trip, what is refused and
 * how it is told.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Before cmocka, which has a macro of the name fail. */
#include "bench/machine/failure.h"

#include <cmocka.h>

#include "bench/rows/csv.h"

/* Rows of "a" and "c" as "a|c/" in one text. */
struct collected {
	char text[4096];
	unsigned long last_line;
};

static int collect(void *context, char *const *fields, unsigned long line)
{
	struct collected *collected = context;
	size_t used = strlen(collected->text);

	snprintf(collected->text + used, sizeof collected->text - used,
		 "%s|%s/", fields[0], fields[1]);
	collected->last_line = line;
	return 0;
}

static int read_bytes(const char *bytes, size_t count,
		      struct collected *collected, struct failure *why)
{
	const char *const columns[] = { "a", "c" };
	FILE *stream = tmpfile();
	int error;

	assert_non_null(stream);
	assert_int_equal(fwrite(bytes, 1, count, stream), count);
	rewind(stream);
	*collected = (struct collected){ 0 };
	*why = (struct failure){ 0 };
	error = csv_read(stream, &(struct csv_reading){ .columns = columns,
							.column_count = 2,
							.row = collect,
							.context = collected,
							.why = why });
	fclose(stream);
	return error;
}

static void assert_reads(const char *text, const char *should)
{
	struct collected collected;
	struct failure why = { 0 };

	assert_int_equal(read_bytes(text, strlen(text), &collected, &why), 0);
	assert_string_equal(collected.text, should);
}

static void assert_refuses(const char *text, const char *reason)
{
	struct collected collected;
	struct failure why = { 0 };

	assert_int_equal(read_bytes(text, strlen(text), &collected, &why),
			 -EBADMSG);
	assert_string_equal(why.what, reason);
}

static void columns_by_name(void **state)
{
	(void)state;
	assert_reads("a,b,c\n1,2,3\n4,5,6\n", "1|3/4|6/");
	assert_reads("c,new,a\n1,2,3\n", "3|1/");
	assert_reads("a,c\n", "");
	assert_reads("a,c\r\n1,2\r\n", "1|2/");
	assert_reads("a,c\n,\n", "|/");
	assert_reads("a,c\n\n1,2\n\n", "1|2/");
}

static void quoting_is_undone(void **state)
{
	(void)state;
	assert_reads("\"a\",c\n\"x,y\",\"say \"\"hi\"\"\"\n",
		     "x,y|say \"hi\"/");
	assert_reads("a,c\n\"two\nlines\",1\n", "two\nlines|1/");
	assert_reads("a,c\n\"\",1\n", "|1/");
	assert_reads("a,c\n  x ,\t1\n", "  x |\t1/");
}

static void line_counts_newlines_in_fields(void **state)
{
	const char text[] = "a,c\n\"two\nlines\",1\n";
	struct collected collected;
	struct failure why = { 0 };

	(void)state;
	assert_int_equal(read_bytes(text, strlen(text), &collected, &why), 0);
	assert_int_equal(collected.last_line, 3);
}

static void broken_text_is_refused(void **state)
{
	(void)state;
	assert_refuses("", "it is empty");
	assert_refuses("\n\n", "it is empty");
	assert_refuses("a,b\n1,2\n", "column c is missing");
	assert_refuses("a,c,a\n1,2,3\n", "column a is there twice");
	assert_refuses("a,c\n1\n", "line 2 has 1 fields, not 2");
	assert_refuses("a,c\n1,2\n1,2,3\n", "line 3 has 3 fields, not 2");
	assert_refuses("a,c\n1,2\n3,", "line 3 is cut off");
	assert_refuses("a,c\n1,2", "line 2 is cut off");
	assert_refuses("a,c", "line 1 is cut off");
	assert_refuses("a,c\n1,\"2\n", "a quoted field is never closed");
	assert_refuses("a,c\n1,2\"3\n", "line 2 has a stray quote");
	assert_refuses("a,c\n1,\"2\"3\n", "line 2 has a stray quote");
}

static void nul_byte_is_refused(void **state)
{
	struct collected collected;
	struct failure why = { 0 };

	(void)state;
	assert_int_equal(read_bytes("a,c\n1,\0002\n", 9, &collected, &why),
			 -EBADMSG);
	assert_string_equal(why.what, "line 2 holds a NUL byte");
}

static int stop(void *context, char *const *fields, unsigned long line)
{
	(void)fields;
	*(unsigned long *)context = line;
	return -ECANCELED;
}

static void callback_ends_the_reading(void **state)
{
	const char *const columns[] = { "a" };
	char text[] = "a\n1\n2\n3\n";
	struct failure why;
	FILE *stream = fmemopen(text, strlen(text), "r");
	unsigned long line = 0;

	(void)state;
	assert_int_equal(
		csv_read(stream, &(struct csv_reading){ .columns = columns,
							.column_count = 1,
							.row = stop,
							.context = &line,
							.why = &why }),
		-ECANCELED);
	assert_int_equal(line, 2);
	fclose(stream);
}

static void directory_is_an_error(void **state)
{
	const char *const columns[] = { "a" };
	FILE *stream = fopen("/", "r");
	struct failure why = { 0 };
	unsigned long line = 0;

	(void)state;
	assert_non_null(stream);
	assert_int_equal(
		csv_read(stream, &(struct csv_reading){ .columns = columns,
							.column_count = 1,
							.row = stop,
							.context = &line,
							.why = &why }),
		-EISDIR);
	fclose(stream);
}

static void what_is_written_is_read(void **state)
{
	const char *const nasty[] = { "\"",  "\"\"",	  ",", "\r\n",
				      " x ", "a\"b,c\nd", "",  "\xc3\xa9" };
	struct collected collected;
	struct failure why;
	char *text = NULL;
	size_t bytes;
	struct csv_writer writer = { .stream = open_memstream(&text, &bytes) };

	(void)state;
	csv_put_text(&writer, "a");
	csv_put_text(&writer, "c");
	csv_end_row(&writer);
	for (int i = 0; i < 8; i++) {
		csv_put_text(&writer, nasty[i]);
		if (i % 2)
			csv_end_row(&writer);
	}
	fclose(writer.stream);
	assert_int_equal(read_bytes(text, bytes, &collected, &why), 0);
	assert_string_equal(collected.text, "\"|\"\"/,|\r\n/ x |a\"b,c\nd/|"
					    "\xc3\xa9/");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_by_name),
		cmocka_unit_test(quoting_is_undone),
		cmocka_unit_test(line_counts_newlines_in_fields),
		cmocka_unit_test(broken_text_is_refused),
		cmocka_unit_test(nul_byte_is_refused),
		cmocka_unit_test(callback_ends_the_reading),
		cmocka_unit_test(directory_is_an_error),
		cmocka_unit_test(what_is_written_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
