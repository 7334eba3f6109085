/* SPDX-License-Identifier: MIT */
/* The folder of a lab; see lab_folder.h. */

#include "bench/verbs/lab_folder.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "bench/files/host_file.h"
#include "bench/machine/host.h"
#include "bench/show/cure.h"
#include "bench/show/plot.h"

int lab_folder_choose(const struct arguments *args, const struct lab *lab,
		      struct lab_files *files, struct failure *why)
{
	const char *out = argument_value(args, "out");
	const int error = lab_files_choose(files, out, lab->name);

	if (error == -EEXIST)
		return fail(why, EXIT_USAGE, "Choose another folder.",
			    "run lab %s --out %s: it holds %s.csv already",
			    lab->name, out, lab->name);
	if (error)
		return fail(why, out ? EXIT_USAGE : EXIT_FAILED,
			    "Use --out DIR to write elsewhere.",
			    "write to %s: %s", files->dir.path,
			    strerror(-error));
	return 0;
}

int lab_folder_create(const struct lab *lab, struct lab_files *files,
		      struct failure *why)
{
	int error = lab_files_create(files);

	if (!error) {
		error = lab_files_header(files, lab->row);
		if (error)
			lab_files_discard(files);
	}
	if (!error)
		return 0;
	return fail(
		why, EXIT_FAILED,
		cure_of(CURE_FILE, error, "Use --out DIR to write elsewhere."),
		"write to %s: %s", files->dir.path, strerror(-error));
}

static int write_host(const struct lab_files *files)
{
	json_t *host = host_facts();
	int error;

	if (!host)
		return -ENOMEM;
	json_object_set_new(host, "run_id", json_string(files->dir.run_id));
	error = host_write(files->dir.path, host);
	json_decref(host);
	return error;
}

int lab_folder_keep(struct lab_files *files, const char *text, size_t *bytes,
		    int error)
{
	int kept;

	if (error && lab_files_empty(files)) {
		*bytes = 0;
		lab_files_discard(files);
		return 0;
	}
	kept = lab_files_finish(files, text, *bytes);
	if (error)
		fprintf(stderr, "The rows until then are in %s.\n",
			files->csv_path);
	return kept ? kept : write_host(files);
}

/* A chart is a gift, not a duty: without gnuplot the lab is done too. */
void lab_folder_draw(const struct lab_files *files)
{
	const char *path = files->dir.path;
	char reason[480];
	int error;

	error = plot_run(path, path, NULL, reason, sizeof reason);
	if (error && error != -ENODATA)
		fprintf(stderr, "There is no chart: %s\n", reason);
	fprintf(stderr, "The results are in %s.\n", path);
}
