/* SPDX-License-Identifier: MIT */
/*
 * What to do about an error that tells its cure: by what failed and how, since
 * an errno alone means one thing of a file and another of a birth.
 */
#ifndef MACHINE_CURE_H
#define MACHINE_CURE_H

/* What failed. */
enum cure_object {
	CURE_SELF, /* getting memory, a descriptor or a process for ourselves */
	CURE_FILE, /* creating or writing a file, or standard output */
	CURE_STRATEGY, /* opening a strategy, or a first spawn by it */
	CURE_PROC,     /* reading /proc, /sys or a control group */
};

/* A sentence that says what to do about a negative errno, or otherwise where
 * such an error of such an object does not tell: see errno(3); NULL: there is
 * nothing special to say. It is valid until the next call. */
const char *cure_of(enum cure_object object, int error, const char *otherwise);

#endif
