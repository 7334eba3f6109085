/* SPDX-License-Identifier: MIT */
/*
 * Charts of a run or a lab, drawn by gnuplot from the scripts in plots/.
 *
 * A script with a line "# reads: FILE" is a chart of that file; nothing here
 * knows the names of either.
 */
#ifndef SHOW_PLOT_H
#define SHOW_PLOT_H

struct failure;

/*
 * Draw every chart whose file is in run_dir. terminal NULL: an svg and a png
 * each, into out_dir, whose names go to stderr; "dumb": text on stdout. state:
 * the parents of a run to draw, as axes_state() writes it; NULL: the first. The
 * scripts are those in $SPAWNWISE_PLOTS, else those that came with the
 * command. 0, or a negative errno with why telling in a sentence: -ENOENT
 * when gnuplot or the scripts are missing, -ENODATA when there is no chart for
 * what is in run_dir, -ENOMSG when that has no rows, -EIO when gnuplot fails.
 */
int plot_run(const char *run_dir, const char *out_dir, const char *terminal,
	     const char *state, struct failure *why);

#endif
