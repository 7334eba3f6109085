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

/* In the process at work, the one descriptor above 2: its way to us. High,
 * above those that checks count and limit. */
#define SUPERVISE_FD 200

/* From begin to end each test shares the kernel's overcommit mode with others
 * that want the mode to stay (keep_setting() in tests/helpers.bash). In mode 2
 * a small request is refused at the moment at which another process is refused
 * a huge one, which is counted first (__vm_enough_memory() in mm/util.c): by
 * fork with ENOMEM, by exec with E2BIG (copy_strings() in fs/exec.c). The lock
 * is the supervisor's: no child of a test keeps others waiting, however it is
 * left. A list that a test runs, and that has SUPERVISE_WITHIN in its
 * environment, shares the mode already: it would wait for whoever waits for the
 * test. */
#define SUPERVISE_WITHIN "CONFORMANCE_WITHIN"
void supervise_begin(void);
void supervise_end(void);

/* Call run(first), which runs the tests from there on and gives the number of
 * failures, until all of count are over. 0 when none failed. */
int supervise(int (*run)(size_t first), size_t count,
	      const char *(*name_of)(size_t test));

#endif
