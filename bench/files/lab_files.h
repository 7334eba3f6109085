/* SPDX-License-Identifier: MIT */
/* The files of a lab: NAME.csv and NAME.txt, in a folder that it may share
 * with other labs. */
#ifndef FILES_LAB_FILES_H
#define FILES_LAB_FILES_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/files/run_dir.h"
#include "bench/rows/rows.h"

struct lab_files {
	struct run_dir dir;
	const char *name; /* of the lab */
	char csv_path[PATH_MAX + 32];
	FILE *csv; /* between create and finish */
	long header_bytes;
};

/* Choose the folder: out, or a new one as a run gets it. Nothing is created.
 * -EEXIST: it holds NAME.csv; else -errno, dir.path tells what cannot be. */
int lab_files_choose(struct lab_files *files, const char *out,
		     const char *name);

/* Create the folder and an empty NAME.csv. 0, or -errno with nothing to
 * finish. */
int lab_files_create(struct lab_files *files);

/* Begin the CSV with its header. 0, or -errno. */
int lab_files_header(struct lab_files *files, const struct row_type *row);

/* Whether nothing but the header was written. */
bool lab_files_empty(const struct lab_files *files);

/* Close the CSV and remove it, and the folder if it was made for this lab. */
void lab_files_discard(struct lab_files *files);

/* The same without closing, if it has no rows; else leave it. Whether it has
 * rows. Async-signal-safe. */
bool lab_files_salvage(const struct lab_files *files);

/* Close the CSV, whose rows are whole then, and keep the text, if there is
 * any. 0, or -errno of any write. */
int lab_files_finish(struct lab_files *files, const char *text, size_t bytes);

#endif
