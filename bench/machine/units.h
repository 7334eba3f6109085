/* SPDX-License-Identifier: MIT */
/*
 * Sizes and durations in the form that people and options read.
 *
 * Everything that prints or reads a number does so through here, so that a heap
 * has one spelling in the table, in the plan and in a legend.
 */
#ifndef MACHINE_UNITS_H
#define MACHINE_UNITS_H

#include <stdint.h>

/* A text as part of an expression: size_human(bytes).text lives until the end
 * of the statement. */
#define UNITS_LENGTH 32
struct units_text {
	char text[UNITS_LENGTH];
};

/* A difference that does not go below 0. */
static inline uint64_t minus(uint64_t from, uint64_t bytes)
{
	return from > bytes ? from - bytes : 0;
}

static inline uint64_t smaller(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

static inline uint64_t larger(uint64_t one, uint64_t other)
{
	return one > other ? one : other;
}

/* "64M", "1G", "1536K", "0": the shortest form that size_parse() reads back
 * to the same number of bytes. */
struct units_text size_exact(uint64_t bytes);

/* "64 MiB", "1.5 GiB", "0 B": three significant digits, for people. UINT64_MAX
 * is "unknown": what the kernel does not tell (FIELD_ABSENT). */
struct units_text size_human(uint64_t bytes);

/* "40 s", "12 min", "5.2 h", "3 days": a stretch of time to plan by, two
 * digits. INFINITY is "never". */
struct units_text span_human(double seconds);

/* "71.2 µs", "40 ms", "1.2 s", "85 ns": at most three significant digits,
 * UTF-8. NAN, which stands for "does not exist", becomes "-". */
struct units_text duration_human(double ns);

/* The same with exactly three digits, "40.0 ms", to stand in a column. */
struct units_text duration_column(double ns);

/*
 * Read a size: "0", "4096", "64M", "1.5G", "512KiB", "1g". K, M, G and T are
 * powers of 1024, with or without "iB" or "B". Returns 0, -EINVAL for what is
 * not a size, -ERANGE beyond 64 bits. A fraction needs a unit, has at most 9
 * digits and is cut to whole bytes.
 */
int size_parse(const char *text, uint64_t *bytes);

/*
 * Read a stretch of time: "100ms", "2s", "1.5m", "1h", "7d", or a number of
 * seconds. Returns 0, -EINVAL for what is not one, -ERANGE beyond 64 bits of
 * nanoseconds; of a fraction 9 digits at most.
 */
int span_parse(const char *text, uint64_t *ns);

/* Read a whole number of at least low and at most high, in base 10, without
 * sign or blank. Returns 0, -EINVAL or -ERANGE. */
int count_parse(const char *text, long low, long high, long *count);

#endif
