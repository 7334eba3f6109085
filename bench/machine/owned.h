/* SPDX-License-Identifier: MIT */
/* Variables that give back what they hold at the end of their block. */
#ifndef MACHINE_OWNED_H
#define MACHINE_OWNED_H

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

/* A descriptor; below 0: none. */
#define OWNED_FD int __attribute__((cleanup(owned_close)))

/* A folder, or NULL. */
// NOLINTNEXTLINE(bugprone-macro-parentheses): a type and what it carries
#define OWNED_DIR DIR *__attribute__((cleanup(owned_closedir)))

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

static inline void owned_free(char **text)
{
	free(*text);
}

#endif
