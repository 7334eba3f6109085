/* SPDX-License-Identifier: MIT */
/* Files that grow by rows, and files that appear whole; see row_file.h. */

#include "bench/rows/row_file.h"

#include <errno.h>
#include <stdio_ext.h>
#include <sys/file.h>
#include <unistd.h>

#include "bench/machine/text.h"

#define BUFFER_BYTES (1 << 16)
#define ROW_BYTES_MAX (1 << 12)

static char *join_path(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

bool has_file(const char *dir, const char *name)
{
	OWNED_TEXT path = join_path(dir, name);

	return path && !access(path, F_OK);
}

int row_file_open(struct row_file *file, const char *dir, const char *run_id,
		  const struct row_type *type, bool resume)
{
	OWNED_TEXT path = join_path(dir, type->file);
	int error = path ? 0 : -ENOMEM;

	*file = (struct row_file){ .type = type, .dir = dir, .run_id = run_id };
	if (!error && resume)
		error = csv_drop_cut_row(path);
	if (error)
		return error;
	file->writer.stream = fopen(path, resume ? "ae" : "wxe");
	if (!file->writer.stream)
		return -errno;
	setvbuf(file->writer.stream, NULL, _IOFBF, BUFFER_BYTES);
	/* For who asks whether the run is at work: no lock, no answer. */
	flock(fileno(file->writer.stream), LOCK_EX | LOCK_NB);
	if (!resume)
		error = row_put_header(&file->writer, type);
	if (error)
		row_file_close(file);
	return error;
}

int row_file_append(struct row_file *file, const void *row)
{
	struct csv_writer *writer = &file->writer;
	int error = -writer->error;

	/* stdio would hand over half a row when its buffer is full. */
	if (!error && __fpending(writer->stream) + ROW_BYTES_MAX > BUFFER_BYTES)
		error = row_file_flush(file);
	return error ? error : row_put(writer, file->type, file->run_id, row);
}

int row_file_flush(struct row_file *file)
{
	struct csv_writer *writer = &file->writer;

	if (!writer->error && fflush(writer->stream))
		writer->error = errno;
	return -writer->error;
}

int row_file_close(struct row_file *file)
{
	FILE *stream = file->writer.stream;
	OWNED_TEXT path = NULL;
	int error;

	if (!stream)
		return 0;
	error = row_file_flush(file);
	if (error) /* or what is left would follow half a row */
		__fpurge(stream);
	if (fclose(stream) && !error)
		error = -errno;
	if (error)
		path = join_path(file->dir, file->type->file);
	if (path)
		csv_drop_cut_row(path);
	*file = (struct row_file){ .dir = NULL };
	return error;
}

/* Not mkstemp(3): its files are for their owner alone, and a run made by root
 * is read by others. The folder may be anybody's: a link there is not followed,
 * and what a killed process with our number has left is removed. */
int replace_begin(struct replace *replace, const char *dir, const char *name)
{
	snprintf(replace->path, PATH_MAX, "%s/%s", dir, name);
	if (snprintf(replace->temporary, PATH_MAX, "%s/%s.%d.part", dir, name,
		     (int)getpid()) >= PATH_MAX)
		return -ENAMETOOLONG;
	unlink(replace->temporary);
	replace->stream = fopen(replace->temporary, "wxe");
	return replace->stream ? 0 : -errno;
}

int replace_end(struct replace *replace, int error)
{
	FILE *stream = replace->stream;

	if (!error && (fflush(stream) || fsync(fileno(stream))))
		error = -errno;
	if (!error && ferror(stream))
		error = -EIO;
	if (fclose(stream) && !error)
		error = -errno;
	if (!error && rename(replace->temporary, replace->path))
		error = -errno;
	if (error)
		unlink(replace->temporary);
	return error;
}
