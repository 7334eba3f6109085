/* SPDX-License-Identifier: MIT */
/* What to do about an error that tells its cure. */
#ifndef SHOW_CURE_H
#define SHOW_CURE_H

/* A sentence that says what to do about a negative errno that means a want of
 * memory, files, processes or room, wherever it comes from: see errno(3). Any
 * other is cured where it arose: then it is otherwise. */
const char *cure_of(int error, const char *otherwise);

#endif
