/* SPDX-License-Identifier: MIT */
/*
 * samples.csv: one row a spawn, in the order they were taken.
 */

#include "bench/files/samples.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/files/csv.h"
#include "bench/files/errname.h"
#include "bench/files/replace.h"

static const char *const columns[] = {
	"run_id",     "cell_id",  "strategy", "heap_bytes",    "backing",
	"vmas",	      "threads",  "fds",      "cpu",	       "overcommit",
	"parent",     "block",	  "sample",   "warmup",	       "return_ns",
	"confirm_ns", "start_ns", "reap_ns",  "caller_cpu_ns", "ref_ns",
	"errno",
};

struct samples_file {
	struct csv_writer writer;
	char *run_id;
};

static int open_stream(struct samples_file *file, const char *dir)
{
	char *path = join_path(dir, "samples.csv");
	int error = 0;

	if (!path)
		return -ENOMEM;
	file->writer.stream = fopen(path, "wxe");
	if (!file->writer.stream)
		error = -errno;
	free(path);
	return error;
}

int samples_create(const char *dir, const char *run_id,
		   struct samples_file **file)
{
	struct samples_file *new_file = calloc(1, sizeof *new_file);
	int error = -ENOMEM;

	if (!new_file)
		return error;
	new_file->run_id = strdup(run_id);
	if (!new_file->run_id)
		goto free_file;
	error = open_stream(new_file, dir);
	if (error)
		goto free_file;
	error = csv_put_row(&new_file->writer, columns,
			    sizeof columns / sizeof *columns);
	if (error) {
		samples_close(new_file);
		return error;
	}
	*file = new_file;
	return 0;
free_file:
	free(new_file->run_id);
	free(new_file);
	return error;
}

static void put_cell(struct csv_writer *writer, const struct cell *cell)
{
	csv_put_integer(writer, cell->id);
	csv_put_text(writer, cell->strategy);
	csv_put_size(writer, cell->heap_bytes);
	csv_put_text(writer, cell->backing);
	csv_put_integer(writer, cell->vmas);
	csv_put_integer(writer, cell->threads);
	csv_put_integer(writer, cell->fds);
	csv_put_text(writer, cell->cpu);
	csv_put_integer(writer, cell->overcommit);
}

static void put_time(struct csv_writer *writer, int64_t ns)
{
	if (ns == TIME_UNKNOWN)
		csv_put_text(writer, NULL);
	else
		csv_put_integer(writer, ns);
}

int samples_append(struct samples_file *file, const struct cell *cell,
		   const struct sample *sample)
{
	struct csv_writer *writer = &file->writer;

	csv_put_text(writer, file->run_id);
	put_cell(writer, cell);
	csv_put_integer(writer, sample->parent);
	csv_put_integer(writer, sample->block);
	csv_put_integer(writer, sample->sample);
	csv_put_integer(writer, sample->warmup);
	for (int time = 0; time < TIME_COUNT; time++)
		put_time(writer, sample->ns[time]);
	put_time(writer, sample->ref_ns);
	csv_put_text(writer, errname(sample->error));
	return csv_end_row(writer);
}

int samples_flush(struct samples_file *file)
{
	return fflush(file->writer.stream) ? -errno : -file->writer.error;
}

int samples_close(struct samples_file *file)
{
	int error;

	if (!file)
		return 0;
	error = samples_flush(file);
	if (fclose(file->writer.stream) && !error)
		error = -errno;
	free(file->run_id);
	free(file);
	return error;
}
