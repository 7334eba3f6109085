/* SPDX-License-Identifier: MIT */
/*
 * Drawing charts; see plot.h. Longer than other files: it tells gnuplot all
 * that a chart needs to know, and keeps the file or the reason.
 */

#include "bench/show/plot.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/files/cells.h"
#include "bench/files/run_dir.h"
#include "bench/machine/failure.h"
#include "bench/machine/program.h"
#include "bench/machine/text.h"
#include "bench/rows/row_file.h"
#include "bench/show/gnuplot.h"

#define COLUMNS_DEFAULT 100
#define LINES_DEFAULT 30
#define TAKEN_MAX 32
#define COLUMN "strcol(\""
#define WORD                                                                   \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:+-"

/* Columns: two, those of each parent, and then of each axis_beside(). */
enum { PARENTS = 3, BESIDE = 2 + PARENTS };

/* What every script is told. */
struct drawing {
	const char *run_dir;
	const char *out_dir;
	char plots[PATH_MAX];
	char footer[256];
	const char *state;
	char axes[512];	 /* of each axis_beside(): column, name, default */
	char first[512]; /* the state of the first row's parents */
	bool states;	 /* another differs in one axis */
	bool traits;	 /* the file has those of strategies */
	bool quiet;	 /* ... and quiet estimates */
	int columns;
	int lines;
	struct failure *why;
};

static int find_scripts(struct drawing *drawing)
{
	static const char *const places[] = { "../plots", "../../plots",
					      "../share/spawnwise/plots",
					      NULL };
	const char *chosen = getenv("SPAWNWISE_PLOTS");

	if (chosen)
		snprintf(drawing->plots, sizeof drawing->plots, "%s", chosen);
	else if (installed_path(drawing->plots, places))
		return fail(drawing->why, -ENOENT, NULL,
			    "The chart scripts are missing; set "
			    "SPAWNWISE_PLOTS to the folder plots of the "
			    "source.");
	return 0;
}

/* How many parts of two texts, of as many with / between, are not the same. */
static int parts_apart(const char *a, const char *b)
{
	int apart = 0;

	for (;;) {
		const size_t length = strcspn(a, "/");

		apart += length != strcspn(b, "/") || memcmp(a, b, length);
		a += length;
		b += strcspn(b, "/");
		if (!*a++ || !*b++)
			return apart;
	}
}

/* Of cells.csv: what its rows have, and whether some parents differ from the
 * first in one axis. */
static int look_at_row(void *context, char *const *texts, unsigned long line)
{
	struct drawing *drawing = context;
	const struct row_field *axis;
	char state[sizeof drawing->first] = "";

	(void)line;
	for (size_t i = BESIDE - PARENTS; i < BESIDE; i++)
		text_join(state, sizeof state, "/", "%s", texts[i] ?: "");
	drawing->traits = texts[0];
	drawing->quiet = texts[1];
	*drawing->axes = '\0';
	for (size_t i = 0; (axis = axis_beside(i)); i++) {
		const char *text = texts[BESIDE + i];

		text_join(state, sizeof state, "/", "%s", text ?: "");
		if (text)
			text_join(drawing->axes, sizeof drawing->axes, " ",
				  "%s %s %s", axis->name, axis->axis->name,
				  axis->axis->fallback);
	}
	if (!*drawing->first)
		strcpy(drawing->first, state);
	drawing->states |= parts_apart(drawing->first, state) == 1;
	return 0;
}

static void look_at_columns(struct drawing *drawing)
{
	const struct row_field *axis;
	const char *columns[BESIDE + AXES_MAX] = { strategy_fields->name,
						   "quiet_ns", "backing",
						   "threads", "cpu" };
	struct failure unread;
	struct csv_reading csv = { .columns = columns,
				   .column_count = BESIDE,
				   .row = look_at_row,
				   .context = drawing,
				   .why = &unread };
	TEXT_STREAM stream =
		text_open("%s/%s", drawing->run_dir, cells_row.file);

	for (size_t i = 0; (axis = axis_beside(i)); i++)
		columns[csv.column_count++] = axis->name;
	csv.optional_count = csv.column_count;
	if (stream)
		csv_read(stream, &csv);
}

/* "spawnwise 0.1.0 · Linux 6.18 · 2 CPUs · ...": what host.json knows. */
static void write_footer(struct drawing *drawing)
{
	const char *version = "?", *kernel = "?", *thp = "?", *governor = "?";
	const char *run_id = "?";
	struct failure unknown;
	json_int_t cpus = 0;
	double apart = -1; /* of a run that says so */
	char quality[64] = "";
	json_t *host;

	if (host_read(drawing->run_dir, &host, &unknown))
		return;
	json_unpack(host, "{s?s, s?s, s?I, s?s, s?s, s?s, s?F}", "version",
		    &version, "kernel", &kernel, "cpus", &cpus, "thp", &thp,
		    "governor", &governor, "run_id", &run_id,
		    "equal_cells_apart", &apart);
	if (apart >= 0)
		snprintf(quality, sizeof quality,
			 " · equal cells within %.1f %%", 100 * apart);
	snprintf(drawing->footer, sizeof drawing->footer,
		 "spawnwise %s · Linux %s · %d CPUs · THP %s · governor %s · "
		 "run %s%s",
		 version, kernel, (int)cpus, thp, governor, run_id, quality);
	json_decref(host);
	/* It becomes a string of a script: printable and without its quote. */
	for (char *c = drawing->footer; *c; c++)
		if ((unsigned char)*c < ' ' || *c == '\'' || *c == 127)
			*c = ' ';
}

static void size_terminal(struct drawing *drawing)
{
	struct winsize size;

	drawing->columns = COLUMNS_DEFAULT;
	drawing->lines = LINES_DEFAULT;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col < 60 ||
	    size.ws_row < 20)
		return;
	drawing->columns = size.ws_col;
	drawing->lines = size.ws_row - 2;
}

/* A path as a string of gnuplot: in single quotes only a quote is special, but
 * "< command" and "| command" would be run. */
static void quote(char *quoted, size_t size, const char *path)
{
	const char *text = path;
	size_t used = 0;

	if (*path != '/')
		used = (size_t)snprintf(quoted, size, "./");

	for (; *text && used + 3 < size; text++) {
		if (*text == '\'')
			quoted[used++] = '\'';
		quoted[used++] = *text;
	}
	quoted[used] = '\0';
}

/* What gnuplot has drawn, to a stream of ours: gnuplot does not say when it
 * cannot write. */
static int copy(int fd, FILE *stream)
{
	char text[4096];
	ssize_t length;

	lseek(fd, 0, SEEK_SET);
	while ((length = read(fd, text, sizeof text)) > 0)
		if (fwrite(text, 1, (size_t)length, stream) < (size_t)length)
			return -errno;
	return length < 0 || fflush(stream) ? -errno : 0;
}

static int write_chart(struct drawing *drawing, const char *name, int fd)
{
	struct replace replace;
	int error = replace_begin(&replace, drawing->out_dir, name);

	if (!error)
		error = replace_end(&replace, copy(fd, replace.stream));
	if (error)
		fail(drawing->why, error, NULL, "%s/%s cannot be written: %s",
		     drawing->out_dir, name, strerror(-error));
	else
		text_print(stderr, "Drew %s/%s\n", drawing->out_dir, name);
	/* Of gnuplot these would be another matter. */
	return error == -EACCES || error == -EPERM || error == -EISDIR ? -EROFS
								       : error;
}

/* Every terminal writes to gnuplot's stdout. */
static char *write_settings(const struct drawing *drawing, const char *terminal)
{
	char run[PATH_MAX], plots[PATH_MAX], *settings;

	quote(run, sizeof run, drawing->run_dir);
	quote(plots, sizeof plots, drawing->plots);
	if (asprintf(&settings,
		     "plots='%s'; run='%s'; out='/dev/stdout'; term='%s'; "
		     "footer='%s'; columns=%d; lines=%d; axes='%s'; traits=%d; "
		     "quiet=%d; "
		     "state='%s'",
		     plots, run, terminal, drawing->footer, drawing->columns,
		     drawing->lines, drawing->axes, drawing->traits,
		     drawing->quiet, drawing->state ? drawing->state : "") < 0)
		return NULL;
	return settings;
}

/* "cells.svg" for plots/cells.gp. */
static void name_chart(const char *script, const char *terminal, char *name,
		       size_t size)
{
	const char *base = strrchr(script, '/') + 1;

	snprintf(name, size, "%.*s.%s", (int)strcspn(base, "."), base,
		 terminal);
}

static int draw(struct drawing *drawing, const char *script,
		const char *terminal)
{
	char *settings = write_settings(drawing, terminal);
	char name[NAME_MAX + 1];
	int error, fd;

	if (!settings)
		return -ENOMEM;
	fd = memfd_create("chart", MFD_CLOEXEC);
	error = fd < 0 ? -errno
		       : gnuplot_run(settings, script, fd, drawing->why);
	free(settings);
	name_chart(script, terminal, name, sizeof name);
	if (!error)
		error = strcmp(terminal, "dumb")
				? write_chart(drawing, name, fd)
				: copy(fd, stdout);
	if (fd >= 0)
		close(fd);
	return error;
}

/* What a script takes of its file: the columns that it names, strcol("NAME"),
 * or def(strcol("NAME")) where a field may be empty. */
struct taken {
	const char *names[TAKEN_MAX];
	size_t count, rows;
	struct csv_reading csv;
};

static void find_columns(char *text, struct taken *taken)
{
	while (taken->count < TAKEN_MAX && (text = strstr(text, COLUMN))) {
		char *name = text + strlen(COLUMN);
		size_t i = 0;

		text = name + strcspn(name, "\"");
		*text++ = '\0';
		while (i < taken->count && strcmp(taken->names[i], name))
			i++;
		if (i == taken->count)
			taken->names[taken->count++] = name;
	}
}

static bool is_wrong(const char *name, const char *text)
{
	const char *unit = strrchr(name, '_') ?: "";
	double number;

	if (!*text)
		return strncmp(name - strlen("def(" COLUMN), "def(", 4);
	if (!strcmp(name, "overcommit"))
		return !strchr("012", *text) || text[1];
	if (!strcmp(unit, "_bytes") || !strcmp(unit, "_ns"))
		return csv_get_real(text, &number) || number < 0;
	return text[strspn(text, WORD)];
}

static int check_row(void *context, char *const *fields, unsigned long line)
{
	struct taken *taken = context;

	taken->rows++;
	for (size_t i = 0; i < taken->count; i++) {
		if (fields[i] && is_wrong(taken->names[i], fields[i]))
			return fail(taken->csv.why, -EBADMSG, NULL,
				    "line %lu: %s cannot be \"%.40s\"", line,
				    taken->names[i], fields[i]);
	}
	return 0;
}

/* Whether a script is a chart of a file that is there, has rows, and holds what
 * the script takes: among its first lines is "# reads: cells.csv", and "#
 * needs: states" if parents of one kind would be nothing to draw. 0, -ENODATA,
 * -ENOMSG, or as csv_read(). */
static int check_data(const struct drawing *drawing, const char *script)
{
	static const char key[] = "\n# reads: ";
	static char text[16384] = "\n";
	struct taken taken = { .csv = { .columns = taken.names,
					.row = check_row,
					.context = &taken,
					.why = drawing->why } };
	TEXT_STREAM stream = NULL;
	char *file;
	int error;

	if (text_read(script, text + 1, sizeof text - 1) ||
	    !(file = strstr(text, key)) ||
	    (!drawing->states && strstr(text, "\n# needs: states\n")))
		return -ENODATA;
	file = strtok(file + strlen(key), " \t\r\n");
	stream = text_open("%s/%s", drawing->run_dir, file);
	if (!stream)
		return -ENODATA;
	find_columns(file + strlen(file) + 1, &taken);
	taken.csv.column_count = taken.count;
	if (!strcmp(file, cells_row.file)) /* was read, and says what it has */
		taken.csv.optional_count = taken.count;
	error = csv_read(stream, &taken.csv);
	if (error)
		return fail_because(drawing->why, error, NULL, "%s", file);
	return taken.rows ? 0
			  : fail(drawing->why, -ENOMSG, NULL,
				 "%s has no rows, so nothing is drawn.", file);
}

static int is_script(const struct dirent *entry)
{
	const char *ending = strrchr(entry->d_name, '.');

	return ending && ending != entry->d_name && !strcmp(ending, ".gp");
}

/* As check_data() when there is nothing to draw. */
static int draw_script(struct drawing *drawing, const char *name,
		       const char *terminal)
{
	char script[PATH_MAX + NAME_MAX + 2];
	int error;

	snprintf(script, sizeof script, "%s/%s", drawing->plots, name);
	error = check_data(drawing, script);
	if (error)
		return error;
	if (terminal)
		return draw(drawing, script, terminal);
	error = draw(drawing, script, "svg");
	return error ? error : draw(drawing, script, "png");
}

static int draw_all(struct drawing *drawing, const char *terminal)
{
	struct dirent **scripts;
	int count = scandir(drawing->plots, &scripts, is_script, alphasort);
	int error = -ENODATA;

	if (count < 0)
		return fail(drawing->why, -errno, NULL,
			    "The chart scripts in %s cannot be read: %s; set "
			    "SPAWNWISE_PLOTS to the folder plots of the "
			    "source.",
			    drawing->plots, strerror(errno));
	for (int i = 0; i < count; i++) {
		if (!error || error == -ENODATA) {
			int drawn = draw_script(drawing, scripts[i]->d_name,
						terminal);

			if (drawn != -ENODATA)
				error = drawn;
		}
		free(scripts[i]);
	}
	free(scripts);
	return error;
}

int plot_run(const char *run_dir, const char *out_dir, const char *terminal,
	     const char *state, struct failure *why)
{
	struct drawing drawing = { .run_dir = run_dir,
				   .out_dir = out_dir,
				   .state = state,
				   .why = why };
	int error;

	*why->what = '\0';
	error = find_scripts(&drawing);
	if (error)
		return error;
	write_footer(&drawing);
	look_at_columns(&drawing);
	size_terminal(&drawing);
	error = draw_all(&drawing, terminal);
	if (error == -ENODATA)
		return fail(why, error, NULL,
			    "There is no chart for what it holds.");
	return error && !*why->what
		       ? fail(why, error, NULL, "%s", strerror(-error))
		       : error;
}
