/* SPDX-License-Identifier: MIT */
/* The folder of a lab, from its choice to its chart. */
#ifndef VERBS_LAB_FOLDER_H
#define VERBS_LAB_FOLDER_H

#include "bench/files/lab_files.h"
#include "bench/labs/labs.h"
#include "bench/verbs/verbs.h"

/* Choose it, by --out or a new one. 0, or an exit code with why. */
int lab_folder_choose(const struct arguments *args, const struct lab *lab,
		      struct lab_files *files, struct failure *why);

/* Create it, and the CSV with its header. 0, or an exit code with why, and
 * nothing is left of it. */
int lab_folder_create(const struct lab *lab, struct lab_files *files,
		      struct failure *why);

/* Write what was found out, whatever came after it: error is the lab's, the
 * text what it has said until then. A lab that could not begin leaves nothing
 * behind, and *bytes becomes 0. 0, or -errno of a write. */
int lab_folder_keep(struct lab_files *files, const char *text, size_t *bytes,
		    int error);

/* Draw its chart, if there is one, and say on stderr where all is. */
void lab_folder_draw(const struct lab_files *files);

#endif
