/* SPDX-License-Identifier: MIT */
/*
 * A list of tests in a process of its own: a test that hangs or kills that
 * process is one that failed, and the rest goes on in another.
 */
#ifndef CONFORMANCE_SUPERVISE_H
#define CONFORMANCE_SUPERVISE_H

#include <stddef.h>

/* What the process at work tells of the test that it begins. */
void supervise_tell(size_t test, const char *folder);

/* The test waits for others: its time begins now. */
void supervise_wait(void);

/* Call run(first), which runs the tests from there on and gives the number of
 * failures, until all of count are over. 0 when none failed. */
int supervise(int (*run)(size_t first), size_t count,
	      const char *(*name_of)(size_t test));

#endif
