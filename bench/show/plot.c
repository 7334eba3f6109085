/* SPDX-License-Identifier: MIT */
/*
 * Drawing charts; see plot.h. Longer than other files: what gnuplot is told,
 * and starting it so that it does that and nothing else.
 */

#include "bench/show/plot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/files/cells.h"
#include "bench/files/host_file.h"
#include "bench/machine/program.h"
#include "bench/machine/text.h"
#include "bench/rows/row_file.h"

#define COLUMNS_DEFAULT 100
#define LINES_DEFAULT 30

/* Variables that gnuplot needs to start and that change no chart. All others
 * stay out: GNUTERM, GNUPLOT_*, GDFONTPATH, LC_ALL and more do change one. */
static const char *const kept[] = { "PATH=", "LD_LIBRARY_PATH=", "HOME=",
				    "TMPDIR=", NULL };

static void keep_some(char **variables)
{
	size_t count = 0;

	for (size_t k = 0; kept[k]; k++)
		for (char **at = environ; *at; at++)
			if (!strncmp(*at, kept[k], strlen(kept[k]))) {
				variables[count++] = *at;
				break;
			}
	variables[count] = (char *)"LC_ALL=C.UTF-8";
}

/* Start gnuplot with its stdout in a file and its stderr in a pipe; returns
 * the read end of this. -d: without ~/.gnuplot and the machine's gnuplotrc. */
static int start(const char *settings, const char *script, int out_fd,
		 pid_t *pid)
{
	char *argv[] = { (char *)"gnuplot", (char *)"-d",   (char *)"-e",
			 (char *)settings,  (char *)script, NULL };
	char *variables[sizeof kept / sizeof *kept + 1] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int ends[2];
	int error;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	keep_some(variables);
	posix_spawn_file_actions_init(&actions);
	error = posix_spawn_file_actions_adddup2(&actions, out_fd,
						 STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, ends[1],
							 STDERR_FILENO);
	/* ^C ends gnuplot also where the caller holds it back for itself. */
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	if (!error)
		error = posix_spawnp(pid, argv[0], &actions, &attributes, argv,
				     variables);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (!error)
		return ends[0];
	close(ends[0]);
	return -error;
}

/* Keep the last line of what gnuplot complains about: it holds file, line and
 * reason; before it stands the whole command, which may be long. */
static void read_complaint(int fd, char *complaint, size_t size)
{
	char text[4096], rest[512];
	size_t used = 0;
	ssize_t length;
	char *line;

	while ((length = read(fd, rest, sizeof rest)) > 0)
		for (ssize_t i = 0; i < length && used + 1 < sizeof text; i++)
			text[used++] = rest[i];
	while (used && (text[used - 1] == '\n' || text[used - 1] == ' '))
		used--;
	text[used] = '\0';
	line = strrchr(text, '\n');
	snprintf(complaint, size, "%.255s", line ? line + 1 : text);
	close(fd);
}

/* Why it failed: what it said, or how it was ended. */
static void explain(const char *script, const char *complaint, int status,
		    char *why, size_t why_bytes)
{
	const char *reason = complaint;

	if (WIFSIGNALED(status))
		reason = strsignal(WTERMSIG(status));
	else if (!*complaint)
		reason = status ? "it did not say why" : "it has drawn nothing";
	snprintf(why, why_bytes, "gnuplot could not draw %s: %s", script,
		 reason);
}

/* What the user has set for gnuplot (~/.gnuplot, variables) changes nothing.
 * -ENOENT: there is none; -EIO: it could not. Then why says so in a sentence.
 */
static int run_gnuplot(const char *settings, const char *script, int out_fd,
		       char *why, size_t why_bytes)
{
	char complaint[256];
	int status = 0;
	pid_t pid = -1;
	const int fd = start(settings, script, out_fd, &pid);

	if (fd == -ENOENT)
		snprintf(why, why_bytes,
			 "gnuplot is missing; install it with: apt-get install "
			 "gnuplot-nox");
	if (fd < 0)
		return fd;
	read_complaint(fd, complaint, sizeof complaint);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (!status && lseek(out_fd, 0, SEEK_END))
		return 0;
	explain(script, complaint, status, why, why_bytes);
	return -EIO;
}

/* What every script is told. */
struct drawing {
	const char *run_dir;
	const char *out_dir;
	char plots[PATH_MAX];
	char footer[256];
	char axes[256]; /* columns of the file, besides those that all have */
	int columns;
	int lines;
	char *why;
	size_t why_bytes;
};

static int find_scripts(struct drawing *drawing)
{
	static const char *const places[] = { "../plots", "../../plots",
					      "../share/spawnwise/plots",
					      NULL };
	const char *chosen = getenv("SPAWNWISE_PLOTS");

	if (chosen)
		snprintf(drawing->plots, sizeof drawing->plots, "%s", chosen);
	else if (installed_path(drawing->plots, places)) {
		snprintf(drawing->why, drawing->why_bytes,
			 "The chart scripts are missing; set SPAWNWISE_PLOTS "
			 "to the folder plots of the source.");
		return -ENOENT;
	}
	return 0;
}

static void list_axes(struct drawing *drawing)
{
	char *path = join_path(drawing->run_dir, cells_row.file);
	FILE *stream = path ? fopen(path, "re") : NULL;
	char header[1024];

	if (stream && fgets(header, sizeof header, stream))
		for (const struct row_field *field = later_fields; field->name;
		     field++)
			if (strstr(header, field->name) &&
			    strlen(drawing->axes) + strlen(field->name) + 2 <
				    sizeof drawing->axes)
				strcat(strcat(drawing->axes, " "), field->name);
	if (stream)
		fclose(stream);
	free(path);
}

/* "spawnwise 0.1.0 · Linux 6.18 · 2 CPUs · ...": what host.json knows. */
static void write_footer(struct drawing *drawing)
{
	const char *version = "?", *kernel = "?", *thp = "?", *governor = "?";
	const char *run_id = "?";
	char reason[128];
	json_int_t cpus = 0;
	json_t *host;

	if (host_read(drawing->run_dir, &host, reason, sizeof reason))
		return;
	json_unpack(host, "{s?s, s?s, s?I, s?s, s?s, s?s}", "version", &version,
		    "kernel", &kernel, "cpus", &cpus, "thp", &thp, "governor",
		    &governor, "run_id", &run_id);
	snprintf(drawing->footer, sizeof drawing->footer,
		 "spawnwise %s · Linux %s · %d CPUs · THP %s · governor %s · "
		 "run %s",
		 version, kernel, (int)cpus, thp, governor, run_id);
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

	if (!error) {
		error = copy(fd, replace.stream);
		if (error)
			replace_abort(&replace);
		else
			error = replace_commit(&replace);
	}
	if (error)
		snprintf(drawing->why, drawing->why_bytes,
			 "%s/%s cannot be written: %s", drawing->out_dir, name,
			 strerror(-error));
	else
		fprintf(stderr, "Drew %s/%s\n", drawing->out_dir, name);
	return error;
}

/* Every terminal writes to gnuplot's stdout. */
static char *write_settings(const struct drawing *drawing, const char *terminal)
{
	char run[PATH_MAX], plots[PATH_MAX], *settings;

	quote(run, sizeof run, drawing->run_dir);
	quote(plots, sizeof plots, drawing->plots);
	if (asprintf(&settings,
		     "plots='%s'; run='%s'; out='/dev/stdout'; term='%s'; "
		     "footer='%s'; columns=%d; lines=%d; axes='%s'",
		     plots, run, terminal, drawing->footer, drawing->columns,
		     drawing->lines, drawing->axes) < 0)
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
		       : run_gnuplot(settings, script, fd, drawing->why,
				     drawing->why_bytes);
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

/* Whether a script is a chart of a file that is there, and has rows: among the
 * script's first lines is "# reads: cells.csv". 0, -ENODATA or -ENOMSG. */
static int check_data(const struct drawing *drawing, const char *script)
{
	static const char key[] = "\n# reads: ";
	char head[1024], path[PATH_MAX], rows[2048];
	const char *file;
	int length;

	if (text_read(script, head, sizeof head))
		return -ENODATA;
	file = strstr(head, key);
	if (!file)
		return -ENODATA;
	file += strlen(key);
	length = (int)strcspn(file, "\n");
	snprintf(path, sizeof path, "%s/%.*s", drawing->run_dir, length, file);
	if (text_read(path, rows, sizeof rows))
		return -ENODATA;
	if (strchr(rows, '\n')) /* more than the names of the columns */
		return 0;
	snprintf(drawing->why, drawing->why_bytes,
		 "%.*s has no rows, so nothing is drawn.", length, file);
	return -ENOMSG;
}

static int is_script(const struct dirent *entry)
{
	const char *ending = strrchr(entry->d_name, '.');

	return ending && ending != entry->d_name && !strcmp(ending, ".gp");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
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
	int count = scandir(drawing->plots, &scripts, is_script, by_name);
	int error = -ENODATA;

	if (count < 0) {
		error = -errno;
		snprintf(drawing->why, drawing->why_bytes,
			 "The chart scripts in %s cannot be read: %s; set "
			 "SPAWNWISE_PLOTS to the folder plots of the source.",
			 drawing->plots, strerror(errno));
		return error;
	}
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
	     char *why, size_t why_bytes)
{
	struct drawing drawing = { .run_dir = run_dir,
				   .out_dir = out_dir,
				   .why = why,
				   .why_bytes = why_bytes };
	int error;

	why[0] = '\0';
	error = find_scripts(&drawing);
	if (error)
		return error;
	write_footer(&drawing);
	list_axes(&drawing);
	size_terminal(&drawing);
	error = draw_all(&drawing, terminal);
	if (error == -ENODATA)
		snprintf(why, why_bytes,
			 "There is no chart for what it holds.");
	else if (error && !why[0])
		snprintf(why, why_bytes, "%s", strerror(-error));
	return error;
}
