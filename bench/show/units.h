/* SPDX-License-Identifier: MIT */
/*
 * Sizes and durations in the form that people and options read.
 *
 * Everything that prints a number prints it through here, so that a heap has
 * one spelling in the table, in the plan and in a legend.
 */
#ifndef SHOW_UNITS_H
#define SHOW_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* A text as part of an expression: size_human(bytes).text lives until the end
 * of the statement. */
#define UNITS_LENGTH 32
struct units_text {
	char text[UNITS_LENGTH];
};

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

#endif
