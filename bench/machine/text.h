/* SPDX-License-Identifier: MIT */
/*
 * Small files of /proc and /sys as text.
 *
 * Nothing here but text_open() and text_escaped() allocates, so that the
 * guardian may use it after its birth.
 */
#ifndef MACHINE_TEXT_H
#define MACHINE_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Read the start of a file, at most size - 1 bytes, as a string without its
 * trailing newlines. Longer files are cut. 0, or -errno of open or read. */
int text_read(const char *path, char *text, size_t size);

/* The same with a formatted path, for files of a CPU or of a process. */
int text_read_at(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Write text in one go into a file that exists, at a formatted path: into a
 * setting of the kernel. 0, or -errno of open or write. */
int text_write_at(const char *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Open a file at a formatted path, to be parsed line by line; NULL with errno.
 * A TEXT_STREAM closes what it holds at the end of its block. */
FILE *text_open(const char *format, ...) __attribute__((format(printf, 1, 2)));
void text_close(FILE **stream);
#define TEXT_STREAM FILE *__attribute__((cleanup(text_close)))

/* Read a file that holds one decimal number. -EBADMSG if it does not. */
int text_read_number(const char *path, int64_t *value);

/* The word in square brackets of "always [madvise] never", in place.
 * A text without brackets stays as it is. */
void text_pick_bracketed(char *text);

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

/* "23.5 GiB": a size as people read it; returns text. */
char *text_size(char *text, size_t size, uint64_t bytes);

#endif
