/* SPDX-License-Identifier: MIT */
/* Starting gnuplot. */
#ifndef SHOW_GNUPLOT_H
#define SHOW_GNUPLOT_H

struct failure;

/*
 * Let gnuplot run a script after some settings, with out_fd as its stdout, and
 * wait for it. What the user has set for gnuplot (~/.gnuplot, variables)
 * changes nothing. 0, or a negative errno: -ENOENT, there is none; -EIO, it
 * could not; then why says so in a sentence.
 */
int gnuplot_run(const char *settings, const char *script, int out_fd,
		struct failure *why);

#endif
