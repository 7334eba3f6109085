/* SPDX-License-Identifier: MIT */
/*
 * posix_spawn_file_actions_*: the steps of a child's descriptors, as a list of
 * the contract's actions.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/preload/preload.h"

/* Lies in the caller's posix_spawn_file_actions_t. All zero is an empty list,
 * as it is for glibc. */
struct __attribute__((may_alias)) list {
	struct sw_action *items; /* ours, with their paths */
	size_t count;
};

_Static_assert(sizeof(struct list) <= sizeof(posix_spawn_file_actions_t),
	       "the caller's storage holds our list");

/* POSIX wants EBADF from the call that adds a descriptor that cannot be. */
static bool is_fd(int fd)
{
	const long limit = sysconf(_SC_OPEN_MAX);

	return fd >= 0 && (limit < 0 || fd < limit);
}

/* The path is copied: POSIX lets the caller free its own at once. */
static int add(posix_spawn_file_actions_t *actions,
	       const struct sw_action *action)
{
	struct list *list = (struct list *)actions;
	char *path = action->path ? strdup(action->path) : NULL;
	struct sw_action *items;

	if (action->path && !path)
		return ENOMEM;
	items = reallocarray(list->items, list->count + 1, sizeof *items);
	if (!items) {
		free(path);
		return ENOMEM;
	}
	items[list->count] = *action;
	items[list->count++].path = path;
	list->items = items;
	return 0;
}

static int add_fd(posix_spawn_file_actions_t *actions, enum sw_action_kind kind,
		  int fd)
{
	const struct sw_action action = { .kind = kind, .fd = fd };

	return is_fd(fd) ? add(actions, &action) : EBADF;
}

void actions_ask(const posix_spawn_file_actions_t *actions,
		 struct sw_request *request)
{
	const struct list *list = (const struct list *)actions;

	if (!list || !list->count)
		return;
	request->fields |= SW_FDACTIONS;
	request->actions = list->items;
	request->action_count = list->count;
}

INTERPOSED int posix_spawn_file_actions_init(posix_spawn_file_actions_t *into)
{
	*(struct list *)into = (struct list){ 0 };
	return 0;
}

INTERPOSED int
posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *actions)
{
	struct list *list = (struct list *)actions;

	while (list->count)
		free((char *)list->items[--list->count].path);
	free(list->items);
	list->items = NULL;
	return 0;
}

INTERPOSED int
posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *restrict actions,
				 int fd, const char *restrict path, int flags,
				 mode_t mode)
{
	const struct sw_action action = { .kind = SW_OPEN,
					  .fd = fd,
					  .path = path,
					  .flags = flags,
					  .mode = mode };

	return is_fd(fd) ? add(actions, &action) : EBADF;
}

INTERPOSED int
posix_spawn_file_actions_addclose(posix_spawn_file_actions_t *actions, int fd)
{
	return add_fd(actions, SW_CLOSE, fd);
}

INTERPOSED int
posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int from,
				 int fd)
{
	const struct sw_action action = { .kind = SW_DUP2,
					  .fd = fd,
					  .from = from };

	return is_fd(fd) && is_fd(from) ? add(actions, &action) : EBADF;
}

INTERPOSED int posix_spawn_file_actions_addchdir_np(
	posix_spawn_file_actions_t *restrict actions, const char *restrict path)
{
	const struct sw_action action = { .kind = SW_CHDIR, .path = path };

	return add(actions, &action);
}

INTERPOSED int
posix_spawn_file_actions_addfchdir_np(posix_spawn_file_actions_t *actions,
				      int fd)
{
	const struct sw_action action = { .kind = SW_FCHDIR, .fd = fd };

	return add(actions, &action); /* glibc leaves EBADF to the child */
}

/* From here on not every libc declares what it may have. */

int posix_spawn_file_actions_addchdir(
	posix_spawn_file_actions_t *restrict actions,
	const char *restrict path);
int posix_spawn_file_actions_addfchdir(posix_spawn_file_actions_t *actions,
				       int fd);
int posix_spawn_file_actions_addclosefrom_np(
	posix_spawn_file_actions_t *actions, int fd);
int posix_spawn_file_actions_addtcsetpgrp_np(
	posix_spawn_file_actions_t *actions, int fd);

/* The names of POSIX.1-2024. */
INTERPOSED int
posix_spawn_file_actions_addchdir(posix_spawn_file_actions_t *restrict actions,
				  const char *restrict path)
{
	return posix_spawn_file_actions_addchdir_np(actions, path);
}

INTERPOSED int
posix_spawn_file_actions_addfchdir(posix_spawn_file_actions_t *actions, int fd)
{
	return posix_spawn_file_actions_addfchdir_np(actions, fd);
}

INTERPOSED int
posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions,
					 int fd)
{
	return add_fd(actions, SW_CLOSEFROM, fd);
}

INTERPOSED int
posix_spawn_file_actions_addtcsetpgrp_np(posix_spawn_file_actions_t *actions,
					 int fd)
{
	return add_fd(actions, SW_FOREGROUND, fd);
}
