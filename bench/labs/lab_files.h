/* SPDX-License-Identifier: MIT */
/* The files of a lab, NAME.csv and NAME.txt, in a folder that it may share with
 * other labs: from the choice of the folder to the chart, or to a signal. */
#ifndef LABS_LAB_FILES_H
#define LABS_LAB_FILES_H

#include "bench/files/run_dir.h"
#include "bench/labs/labs.h"
#include "bench/verbs/verbs.h"

struct lab_files {
	struct run_dir dir;
	const struct lab *lab;
	char csv_path[PATH_MAX + 32];
	FILE *csv; /* between create and keep */
	long header_bytes;
	volatile bool kept; /* all is in them; a signal handler asks */
};

/* Choose the folder: out, or a new one as a run gets it. Nothing is created. 0,
 * or an exit code with why. */
int lab_files_choose(struct lab_files *files, const struct lab *lab,
		     const char *out, struct failure *why);

/*
 * Create the folder, and the CSV with its header. From now on SIGINT, SIGTERM
 * and SIGHUP, unless ignored, end the command with EXIT_INTERRUPTED and a line
 * that says where the rows are; what the lab has started ends with it: workers,
 * groups (memory_group.h), modes (guardian.h). files must stay. 0, or an exit
 * code with why, and nothing is left of it.
 */
int lab_files_create(struct lab_files *files, struct failure *why);

/* Write what was found out, whatever came after it: error is the lab's, the
 * text what it has said until then. A lab that could not begin leaves nothing
 * behind, and *bytes becomes 0. 0, or -errno of a write. */
int lab_files_keep(struct lab_files *files, const char *text, size_t *bytes,
		   int error);

/* Draw its chart, if there is one, and say on stderr where all is. */
void lab_files_draw(const struct lab_files *files);

#endif
