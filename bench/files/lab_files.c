/* SPDX-License-Identifier: MIT */
/* The files of a lab; see lab_files.h. */

#include "bench/files/lab_files.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/files/csv.h"
#include "bench/files/replace.h"

static void name_file(const struct lab_files *files, const char *suffix,
		      char *name, size_t size)
{
	snprintf(name, size, "%s.%s", files->name, suffix);
}

/* dir/NAME.csv in new memory, or NULL. */
static char *csv_path(const struct lab_files *files)
{
	char name[64];

	name_file(files, "csv", name, sizeof name);
	return join_path(files->dir.path, name);
}

int lab_files_choose(struct lab_files *files, const char *out, const char *name)
{
	int error = run_dir_choose(&files->dir, out);
	char *path;

	files->name = name;
	files->csv = NULL;
	if (error != -EEXIST && error != -ENOTEMPTY)
		return error;
	path = csv_path(files);
	if (!path)
		return -ENOMEM;
	error = access(path, F_OK) ? 0 : -EEXIST;
	free(path);
	return error;
}

int lab_files_create(struct lab_files *files)
{
	char *path = csv_path(files);
	int error = path ? run_dir_create(&files->dir) : -ENOMEM;

	if (!error) {
		files->csv = fopen(path, "wxe");
		error = files->csv ? 0 : -errno;
	}
	free(path);
	return error;
}

int lab_files_header(struct lab_files *files, const char *const *columns)
{
	struct csv_writer csv = { .stream = files->csv };
	size_t count = 0;
	int error;

	while (columns[count])
		count++;
	error = csv_put_row(&csv, columns, count);
	files->header_bytes = ftell(files->csv);
	return error;
}

bool lab_files_empty(const struct lab_files *files)
{
	return ftell(files->csv) == files->header_bytes;
}

void lab_files_discard(struct lab_files *files)
{
	char *path = csv_path(files);

	fclose(files->csv);
	if (path)
		unlink(path);
	rmdir(files->dir.path);
	free(path);
}

int lab_files_finish(struct lab_files *files, const char *text, size_t bytes)
{
	struct replace replace;
	char name[64];
	int error = fclose(files->csv) ? -errno : 0;
	int kept;

	name_file(files, "txt", name, sizeof name);
	kept = replace_begin(&replace, files->dir.path, name);
	if (!kept) {
		fwrite(text, 1, bytes, replace.stream);
		kept = replace_commit(&replace);
	}
	return error ? error : kept;
}
