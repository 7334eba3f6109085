/* SPDX-License-Identifier: MIT */
/*
 * Small files of /proc and /sys: whole, line by line, and the numbers in them;
 * and text of others as it may be shown.
 *
 * Nothing here allocates but what takes or gives a stream, text_escaped() and
 * list_add(): so the guardian may use the rest after its birth.
 */
#ifndef MACHINE_TEXT_H
#define MACHINE_TEXT_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

/* Variables that give back what they hold at the end of their block. */

/* A descriptor; below 0: none. */
#define OWNED_FD int __attribute__((cleanup(owned_close)))

/* A folder, or NULL. */
// NOLINTNEXTLINE(bugprone-macro-parentheses): a type and what it carries
#define OWNED_DIR DIR *__attribute__((cleanup(owned_closedir)))

/* A stream, or NULL. */
// NOLINTNEXTLINE(bugprone-macro-parentheses)
#define TEXT_STREAM FILE *__attribute__((cleanup(owned_fclose)))

/* A text that was allocated, or NULL. */
// NOLINTNEXTLINE(bugprone-macro-parentheses)
#define OWNED_TEXT char *__attribute__((cleanup(owned_free)))

static inline void owned_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void owned_closedir(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

static inline void owned_fclose(FILE **stream)
{
	if (*stream)
		fclose(*stream);
}

static inline void owned_free(char **text)
{
	free(*text);
}

/* Add a copy of a member to the list that was allocated and that *list points
 * to: its room doubles when count is a power of two. -ENOMEM: it is as it was.
 */
int list_add(void *list, size_t *count, const void *member,
	     size_t member_bytes);

/* Read the start of a file, at most size - 1 bytes, as a string without its
 * trailing newlines. Longer files are cut; a pipe is not waited for. 0, or
 * -errno of open or read. */
int text_read(const char *path, char *text, size_t size);

/* The same with a formatted path, for files of a CPU or of a process.
 * -ENAMETOOLONG. */
int text_read_at(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Write text in one go into a file that exists, at a formatted path: into a
 * setting of the kernel. 0, or -errno of open or write. */
int text_write_at(const char *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Open a file at a formatted path, to be parsed line by line; NULL with errno.
 */
FILE *text_open(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same of /proc/PID/NAME; pid 0 is the calling process. */
FILE *text_open_of(pid_t pid, const char *name);

/* The number, of that base, that a text begins with, perhaps behind blanks; a
 * blank or the text's end follows. -EBADMSG: there is none, or it does not fit.
 */
int text_number(const char *text, int base, uint64_t *number);

/* That of a file. Errors as text_read() too. */
int text_read_number(const char *path, uint64_t *number);

/* The value of the first line "KEY: value" or "KEY value" of a stream, of lines
 * of any length. -ENODATA: there is none; -errno of a stream that is NULL. */
int text_value(FILE *stream, const char *key, char *value, size_t size);

/* The first number, of that base, behind "KEY:" of proc_pid_status(5), which
 * every user may read; pid 0 is the calling process. -ENODATA: there is no such
 * line; -EBADMSG: there is no number in it; -errno of opening. */
int status_number(pid_t pid, const char *key, int base, uint64_t *number);

/* The soft limit that proc_pid_limits(5) calls name ("Max open files");
 * UINT64_MAX: unlimited. prlimit(2) would want CAP_SYS_RESOURCE for a process
 * of another user. */
int status_limit(pid_t pid, const char *name, uint64_t *soft);

/* The value of what a file does not tell, or tells as more than 64 bits hold:
 * lxcfs(1) writes negative sizes like that. */
#define FIELD_ABSENT UINT64_MAX

/* One number that is wanted of many under names, a line each ("MemTotal:
 * 24684096 kB", "inactive_file 4096"), and where it goes. */
struct field {
	const char *key; /* up to the colon or blank */
	uint64_t *value;
	uint64_t unit; /* what one of the file's units is in the value's */
	bool required;
};

/* Read a stream to its end, lines of any length; other lines are ignored. 0;
 * -ENODATA: a required field is absent; -EBADMSG: a wanted one is not a number,
 * or a required one too large; then *culprit, if not NULL, is its key. -EIO. */
int fields_parse(FILE *stream, const struct field *fields, size_t count,
		 const char **culprit);

/* The word in square brackets of "always [madvise] never", in place.
 * A text without brackets stays as it is. */
void text_pick_bracketed(char *text);

/* Add to a text in size bytes, behind between if it is not empty; what does not
 * fit is cut off. */
void text_join(char *text, size_t size, const char *between, const char *format,
	       ...) __attribute__((format(printf, 4, 5)));

/*
 * Names that others chose (control groups, mounts, processes, firmware) are
 * bytes. In what we write they stand as UTF-8 without control characters: each
 * byte of any other kind as "\xff". Characters of kept stay as they are. A
 * backslash stays too: names of systemd are full of them.
 */

/* The next character of text so, in piece; returns how many bytes it was. */
size_t text_piece(const char *text, const char *kept, char piece[5]);

/* Write the text so, and nothing else. */
void text_put(const char *text, const char *kept, FILE *stream);

/* The whole text, the caller's to free(); NULL without memory. */
char *text_escaped(const char *text, const char *kept);

/* Print lines for people so: names in them may be anybody's. */
void text_print(FILE *stream, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
