/* SPDX-License-Identifier: MIT */
/* host.json and gbench.json; see host_file.h. */

#include "bench/files/host_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/rows/row_file.h"

int host_write(const char *dir, json_t *host)
{
	struct replace replace;
	int error = replace_begin(&replace, dir, "host.json");

	if (error)
		return error;
	if (json_dumpf(host, replace.stream,
		       JSON_INDENT(2) | JSON_REAL_PRECISION(6)) ||
	    putc('\n', replace.stream) == EOF)
		error = -EIO;
	return replace_end(&replace, error);
}

int host_read(const char *dir, json_t **host, char *why, size_t why_bytes)
{
	char *path = join_path(dir, "host.json");
	FILE *stream = path ? fopen(path, "re") : NULL;
	int error = path ? -errno : -ENOMEM;
	json_error_t problem;
	json_t *value;

	free(path);
	if (!stream) {
		snprintf(why, why_bytes, "%s", strerror(-error));
		return error;
	}
	value = json_loadf(stream, JSON_REJECT_DUPLICATES, &problem);
	fclose(stream);
	if (json_is_object(value)) {
		*host = value;
		return 0;
	}
	if (value)
		snprintf(why, why_bytes, "it is no JSON object");
	else
		snprintf(why, why_bytes, "line %d: %s", problem.line,
			 problem.text);
	json_decref(value);
	return -EBADMSG;
}

/* The whole array is written again for each record. Seeking back over the
 * closing bracket would write less, but a kill could land in the middle of it.
 */
struct gbench_file {
	char *dir;
	char *records; /* with commas between them */
};

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

/* What stands between the brackets, as write_array() has written it. */
static char *old_records(const char *dir)
{
	char *path = join_path(dir, "gbench.json");
	json_t *list = path ? json_load_file(path, 0, NULL) : NULL;
	char *text = json_dumps(list, JSON_INDENT(1)), *records;

	free(path);
	json_decref(list);
	if (!text || strlen(text) < 4) /* "[]" */
		records = strdup("");
	else
		records = strndup(text + 2, strlen(text) - 3);
	free(text);
	return records;
}

int gbench_file_create(const char *dir, struct gbench_file **file)
{
	struct gbench_file *new_file = calloc(1, sizeof *new_file);
	int error = -ENOMEM;

	if (!new_file)
		return error;
	new_file->dir = strdup(dir);
	new_file->records = old_records(dir);
	if (new_file->dir && new_file->records)
		error = write_array(new_file);
	if (error)
		gbench_file_close(new_file);
	else
		*file = new_file;
	return error;
}

static bool is_object(const char *record)
{
	json_t *value = json_loads(record, 0, NULL);
	bool result = json_is_object(value);

	json_decref(value);
	return result;
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
	if (!file)
		return;
	free(file->dir);
	free(file->records);
	free(file);
}

json_t *gbench_context(const char *dir)
{
	char *path = join_path(dir, "gbench.json");
	json_t *records = path ? json_load_file(path, 0, NULL) : NULL;
	json_t *context =
		json_object_get(json_array_get(records, 0), "context");

	free(path);
	json_incref(context);
	json_decref(records);
	return context;
}
