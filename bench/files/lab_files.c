/* SPDX-License-Identifier: MIT */
/* The files of a lab; see lab_files.h. */

#include "bench/files/lab_files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/rows/row_file.h"

int lab_files_choose(struct lab_files *files, const char *out, const char *name)
{
	const int error = run_dir_choose(&files->dir, out);

	files->name = name;
	files->csv = NULL;
	snprintf(files->csv_path, sizeof files->csv_path, "%s/%s.csv",
		 files->dir.path, name);
	if (error != -EEXIST && error != -ENOTEMPTY)
		return error;
	return access(files->csv_path, F_OK) ? 0 : -EEXIST;
}

/* Whatever ends the lab, each row is there when it was written. */
int lab_files_create(struct lab_files *files)
{
	int error = run_dir_create(&files->dir);

	if (error)
		return error;
	files->csv = fopen(files->csv_path, "wxe");
	if (!files->csv) {
		error = -errno;
		run_dir_remove(&files->dir);
		return error;
	}
	setvbuf(files->csv, NULL, _IOLBF, BUFSIZ);
	return 0;
}

int lab_files_header(struct lab_files *files, const struct row_type *row)
{
	struct csv_writer csv = { .stream = files->csv };
	const int error = row_put_header(&csv, row);

	files->header_bytes = ftell(files->csv);
	return error;
}

bool lab_files_empty(const struct lab_files *files)
{
	return ftell(files->csv) == files->header_bytes;
}

void lab_files_discard(struct lab_files *files)
{
	fclose(files->csv);
	unlink(files->csv_path);
	run_dir_remove(&files->dir);
}

bool lab_files_salvage(const struct lab_files *files)
{
	struct stat status;

	if (!stat(files->csv_path, &status) &&
	    status.st_size > files->header_bytes)
		return true;
	unlink(files->csv_path);
	run_dir_remove(&files->dir);
	return false;
}

int lab_files_finish(struct lab_files *files, const char *text, size_t bytes)
{
	struct replace replace;
	char name[64];
	int error = fclose(files->csv) ? -errno : 0;
	int kept = csv_drop_cut_row(files->csv_path);

	if (!error)
		error = kept;
	if (!bytes)
		return error;
	snprintf(name, sizeof name, "%s.txt", files->name);
	kept = replace_begin(&replace, files->dir.path, name);
	if (!kept) {
		fwrite(text, 1, bytes, replace.stream);
		kept = replace_commit(&replace);
	}
	return error ? error : kept;
}
