/* SPDX-License-Identifier: MIT */
/* The files of a lab; see lab_files.h. */

#include "bench/labs/lab_files.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/files/host_file.h"
#include "bench/machine/host.h"
#include "bench/rows/row_file.h"
#include "bench/show/cure.h"
#include "bench/show/plot.h"

/* For the handler: what is watched, and by which process. */
static const struct lab_files *watched;
static pid_t owner;

int lab_files_choose(struct lab_files *files, const struct lab *lab,
		     const char *out, struct failure *why)
{
	int error = run_dir_choose(&files->dir, out);

	files->lab = lab;
	files->csv = NULL;
	files->kept = false;
	snprintf(files->csv_path, sizeof files->csv_path, "%s/%s.csv",
		 files->dir.path, lab->name);
	/* Other files there do not matter. */
	if (error == -EEXIST || error == -ENOTEMPTY)
		error = access(files->csv_path, F_OK) ? 0 : -EEXIST;
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

/* Remove the CSV, and the folder if it was made for this lab. */
static void discard(const struct lab_files *files)
{
	unlink(files->csv_path);
	run_dir_remove(&files->dir);
}

static void say(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return; /* nobody reads it */
}

/* Only what a signal handler may do (signal-safety(7)). Processes of the lab
 * have it too, and only end. */
static void end(int number)
{
	struct stat status;

	(void)number;
	if (getpid() != owner)
		_exit(EXIT_INTERRUPTED);
	if (watched->kept) {
		say("spawnwise: interrupted; what was found is in ");
		say(watched->dir.path);
		say(", perhaps without a chart\n");
	} else if (!stat(watched->csv_path, &status) &&
		   status.st_size > watched->header_bytes) {
		say("spawnwise: interrupted; the rows until then are in ");
		say(watched->csv_path);
		say("\n");
	} else {
		discard(watched);
		say("spawnwise: interrupted before the first row\n");
	}
	_exit(EXIT_INTERRUPTED);
}

static void watch_signals(const struct lab_files *files)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	const struct sigaction action = { .sa_handler = end };
	struct sigaction before;

	watched = files;
	owner = getpid();
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (!sigaction(signals[i], NULL, &before) &&
		    before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

/* Whatever ends the lab, each row is there when it was written. */
static int create(struct lab_files *files)
{
	struct csv_writer csv;
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
	csv = (struct csv_writer){ .stream = files->csv };
	error = row_put_header(&csv, files->lab->row);
	files->header_bytes = ftell(files->csv);
	if (error) {
		fclose(files->csv);
		discard(files);
	}
	return error;
}

int lab_files_create(struct lab_files *files, struct failure *why)
{
	const int error = create(files);

	if (error)
		return fail(why, EXIT_FAILED,
			    cure_of(CURE_FILE, error,
				    "Use --out DIR to write elsewhere."),
			    "write to %s: %s", files->dir.path,
			    strerror(-error));
	watch_signals(files);
	return 0;
}

static int keep_text(const struct lab_files *files, const char *text,
		     size_t bytes)
{
	struct replace replace;
	char name[64];
	int error;

	if (!bytes)
		return 0;
	snprintf(name, sizeof name, "%s.txt", files->lab->name);
	error = replace_begin(&replace, files->dir.path, name);
	if (error)
		return error;
	fwrite(text, 1, bytes, replace.stream);
	return replace_end(&replace, 0);
}

static int keep_host(const struct lab_files *files)
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

static int first_of(int error, int later)
{
	return error ? error : later;
}

int lab_files_keep(struct lab_files *files, const char *text, size_t *bytes,
		   int error)
{
	const bool empty = ftell(files->csv) == files->header_bytes;
	int lost = fclose(files->csv) ? -errno : 0;

	if (error && empty) {
		*bytes = 0;
		discard(files);
		return 0;
	}
	lost = first_of(lost, csv_drop_cut_row(files->csv_path));
	lost = first_of(lost, keep_text(files, text, *bytes));
	if (error)
		fprintf(stderr, "The rows until then are in %s.\n",
			files->csv_path);
	lost = first_of(lost, keep_host(files));
	files->kept = !error && !lost;
	return lost;
}

/* A chart is a gift, not a duty: without gnuplot the lab is done too. */
void lab_files_draw(const struct lab_files *files)
{
	const char *path = files->dir.path;
	char reason[480];
	const int error =
		plot_run(path, path, NULL, NULL, reason, sizeof reason);

	if (error && error != -ENODATA)
		fprintf(stderr, "There is no chart: %s\n", reason);
	fprintf(stderr, "The results are in %s.\n", path);
}
