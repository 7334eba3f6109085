/* SPDX-License-Identifier: MIT */
/*
 * host.json and gbench.json: what was known of the machine, and what
 * google-benchmark says of the same run.
 */
#ifndef FILES_HOST_FILE_H
#define FILES_HOST_FILE_H

#include <jansson.h>
#include <stddef.h>

/* Write dir/host.json as a whole; host stays the caller's. 0, or -errno. */
int host_write(const char *dir, json_t *host);

/* Read dir/host.json; *host is the caller's to json_decref(). On error why
 * holds the reason, a phrase without a full stop: -EBADMSG when it is no JSON
 * object, else -errno. */
int host_read(const char *dir, json_t **host, char *why, size_t why_bytes);

struct gbench_file;

/* What google-benchmark saw of the machine, in the first record of
 * dir/gbench.json; the caller owns it. NULL: there is none. */
json_t *gbench_context(const char *dir);

/* Begin dir/gbench.json with an empty array, or go on behind the records that
 * it holds; *file is the caller's to gbench_file_close(). 0, or -errno. */
int gbench_file_create(const char *dir, struct gbench_file **file);

/* Add one record, a JSON text; it is kept word for word. The file holds a
 * whole array whenever the run ends. -EBADMSG when it is no JSON object (a
 * parent that died while writing), the file is then as it was; else 0, or
 * -errno. */
int gbench_file_append(struct gbench_file *file, const char *record);

/* Release; the file is complete already. NULL is allowed. */
void gbench_file_close(struct gbench_file *file);

#endif
