/* SPDX-License-Identifier: MIT */
/*
 * The folder of a run; see run_dir.h. Longer than other files: what nobody but
 * the folder knows of is written here, too.
 */

#include "bench/files/run_dir.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include "bench/machine/failure.h"
#include "bench/machine/program.h"
#include "bench/machine/text.h"
#include "bench/rows/row_file.h"

static void make_run_id(struct run_dir *dir)
{
	const time_t now = time(NULL);
	struct tm utc;
	size_t length;

	gmtime_r(&now, &utc);
	length = strftime(dir->run_id, sizeof dir->run_id, "%Y%m%dT%H%M%SZ",
			  &utc);
	snprintf(dir->run_id + length, sizeof dir->run_id - length, "-%d",
		 (int)getpid());
}

/* Whether the working directory is folder or below it. */
static bool stand_in(const char *folder)
{
	char here[PATH_MAX];
	const size_t length = strlen(folder);

	return getcwd(here, sizeof here) && !strncmp(here, folder, length) &&
	       (here[length] == '/' || here[length] == '\0');
}

/* mkdir -p; path is restored. */
static int make_folders(char *path, bool *made)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(path, 0777) && errno != EEXIST) {
			int error = -errno;

			*slash = '/';
			return error;
		}
		*slash = '/';
	}
	*made = !mkdir(path, 0777);
	return *made || errno == EEXIST ? 0 : -errno;
}

static int check_empty(const char *folder)
{
	OWNED_DIR entries = opendir(folder);
	struct dirent *entry;
	int error = 0;

	if (!entries)
		return -errno;
	while (!error && (entry = readdir(entries)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			error = -ENOTEMPTY;
	if (has_file(folder, "samples.csv") || has_file(folder, "cells.csv"))
		return -EEXIST;
	return error;
}

/* Whether a file can be made in folder, without making one. To root access(2)
 * grants even what nobody can have. */
static int check_writable(const char *folder)
{
	struct statfs system;

	if (access(folder, W_OK | X_OK) || statfs(folder, &system))
		return -errno;
	return system.f_type == PROC_SUPER_MAGIC || system.f_type == SYSFS_MAGIC
		       ? -EPERM
		       : 0;
}

/* Look at path, or at the first folder above it that exists. */
static int check_place(const char *path)
{
	char above[PATH_MAX];
	struct stat status;
	char *slash;

	if (!stat(path, &status)) {
		int error =
			S_ISDIR(status.st_mode) ? check_empty(path) : -ENOTDIR;

		return error ? error : check_writable(path);
	}
	snprintf(above, sizeof above, "%s", path);
	while (errno == ENOENT && (slash = strrchr(above, '/'))) {
		slash[slash == above] = '\0';
		if (!stat(above, &status))
			return check_writable(above);
		if (slash == above)
			break;
	}
	return errno == ENOENT ? check_writable(".") : -errno;
}

int run_dir_choose(struct run_dir *dir, const char *out)
{
	char repository[PATH_MAX];
	int length;

	make_run_id(dir);
	*dir->data = '\0';
	if (out) {
		length = snprintf(dir->path, sizeof dir->path, "%s", out);
	} else if (!installed_repository(repository) && stand_in(repository)) {
		snprintf(dir->data, sizeof dir->data, "%s/data", repository);
		length = snprintf(dir->path, sizeof dir->path, "%s/runs/%s",
				  dir->data, dir->run_id);
	} else {
		length = snprintf(dir->path, sizeof dir->path, "./spawnwise-%s",
				  dir->run_id);
	}
	if (length >= (int)sizeof dir->path)
		return -ENAMETOOLONG;
	return length ? check_place(dir->path) : -ENOENT;
}

int run_dir_create(struct run_dir *dir)
{
	dir->made = false;
	return make_folders(dir->path, &dir->made);
}

void run_dir_remove(const struct run_dir *dir)
{
	if (dir->made)
		rmdir(dir->path);
}

int run_dir_publish(const struct run_dir *dir)
{
	char target[64], fresh[PATH_MAX + 64], latest[PATH_MAX + 32];

	if (!*dir->data)
		return 0;
	snprintf(target, sizeof target, "runs/%s", dir->run_id);
	snprintf(latest, sizeof latest, "%s/latest", dir->data);
	snprintf(fresh, sizeof fresh, "%s.%d", latest, (int)getpid());
	if (symlink(target, fresh))
		return -errno;
	if (rename(fresh, latest)) {
		int error = -errno;

		unlink(fresh);
		return error;
	}
	return 0;
}

/* Take folder/below if it holds a run newer than the best so far, dir, by the
 * time its cells.csv was written. */
static void consider(char dir[PATH_MAX], struct timespec *written,
		     const char *folder, const char *below)
{
	char path[PATH_MAX];
	struct stat status;

	if (snprintf(path, sizeof path, "%s%s/cells.csv", folder, below) >=
		    (int)sizeof path ||
	    stat(path, &status) || !S_ISREG(status.st_mode) ||
	    (*dir && status.st_mtim.tv_sec < written->tv_sec) ||
	    (*dir && status.st_mtim.tv_sec == written->tv_sec &&
	     status.st_mtim.tv_nsec <= written->tv_nsec))
		return;
	*written = status.st_mtim;
	snprintf(dir, PATH_MAX, "%s%s", folder, below);
}

int run_dir_newest(char dir[PATH_MAX])
{
	struct timespec written = { 0 };
	char folder[PATH_MAX];
	glob_t folders;

	*dir = '\0';
	for (char *end = getcwd(folder, sizeof folder); end; *end = '\0') {
		consider(dir, &written, folder, "/data/latest");
		end = strrchr(folder, '/');
		if (!end)
			break;
	}
	if (!installed_repository(folder))
		consider(dir, &written, folder, "/data/latest");
	if (!glob("spawnwise-*", GLOB_ONLYDIR, NULL, &folders)) {
		for (size_t i = 0; i < folders.gl_pathc; i++)
			consider(dir, &written, folders.gl_pathv[i], "");
		globfree(&folders);
	}
	return *dir ? 0 : -ENOENT;
}

int host_write(const char *dir, json_t *host)
{
	struct replace replace;
	int error = replace_begin(&replace, dir, "host.json");

	if (error)
		return error;
	errno = 0;
	if (json_dumpf(host, replace.stream,
		       JSON_INDENT(2) | JSON_REAL_PRECISION(6)) ||
	    putc('\n', replace.stream) == EOF)
		error = errno ? -errno : -EIO;
	return replace_end(&replace, error);
}

int host_read(const char *dir, json_t **host, struct failure *why)
{
	TEXT_STREAM stream = text_open("%s/host.json", dir);
	const int error = -errno;
	json_error_t problem;
	json_auto_t *value = NULL;

	if (!stream)
		return fail(why, error, NULL, "%s", strerror(-error));
	value = json_loadf(stream, JSON_REJECT_DUPLICATES, &problem);
	if (json_is_object(value)) {
		*host = json_incref(value);
		return 0;
	}
	if (!value)
		return fail(why, -EBADMSG, NULL, "line %d: %s", problem.line,
			    problem.text);
	return fail(why, -EBADMSG, NULL, "it is no JSON object");
}

/* The whole array is written again for each record. Seeking back over the
 * closing bracket would write less, but a kill could land in the middle of it.
 */
static int write_array(const struct gbench_file *file)
{
	struct replace replace;
	int error = replace_begin(&replace, file->dir, "gbench.json");

	if (error)
		return error;
	if (fprintf(replace.stream, "[\n%s]\n", file->records) < 0)
		error = -errno;
	return replace_end(&replace, error);
}

/* NULL: there are none. */
static json_t *read_array(const char *dir)
{
	TEXT_STREAM stream = text_open("%s/gbench.json", dir);

	return json_loadf(stream, 0, NULL);
}

/* What stands between the brackets, as write_array() has written it. */
static char *old_records(const char *dir)
{
	json_auto_t *list = read_array(dir);
	OWNED_TEXT text = json_dumps(list, JSON_INDENT(1));

	if (!text || strlen(text) < 4) /* "[]" */
		return strdup("");
	return strndup(text + 2, strlen(text) - 3);
}

int gbench_file_open(struct gbench_file *file, const char *dir)
{
	int error = -ENOMEM;

	*file = (struct gbench_file){ dir, old_records(dir) };
	if (file->records)
		error = write_array(file);
	if (error)
		gbench_file_close(file);
	return error;
}

static bool is_object(const char *record)
{
	json_auto_t *value = json_loads(record, 0, NULL);

	return json_is_object(value);
}

int gbench_file_append(struct gbench_file *file, const char *record)
{
	char *before = file->records;
	int error;

	if (!is_object(record))
		return -EBADMSG;
	if (asprintf(&file->records, "%s%s%s\n", before, *before ? ",\n" : "",
		     record) < 0) {
		file->records = before;
		return -ENOMEM;
	}
	error = write_array(file);
	if (!error) {
		free(before);
		return 0;
	}
	free(file->records);
	file->records = before;
	return error;
}

void gbench_file_close(struct gbench_file *file)
{
	free(file->records);
	*file = (struct gbench_file){ NULL, NULL };
}

json_t *gbench_context(const char *dir)
{
	json_auto_t *records = read_array(dir);

	return json_incref(
		json_object_get(json_array_get(records, 0), "context"));
}
