/* SPDX-License-Identifier: MIT */
/*
 * The scene of a conformance check: one opened strategy, a folder to play in,
 * and eyes for what a child and the caller look like from outside.
 *
 * A child is held still by executing this very program under the name
 * "stopper": it stops itself at once, and /proc then shows what arrived.
 */
#ifndef CONFORMANCE_SCENE_H
#define CONFORMANCE_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/spawnwise.h"

#define STOPPER "stopper"
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ARGV(...) ((char *const *)(const char *const[]){ __VA_ARGS__, NULL })

/* How often a check does something: less often where a spawn costs many
 * milliseconds, for a sanitizer's shadow, or because $CONFORMANCE_SLOW says how
 * many times slower than others this machine is. */
#define REPEAT(count) scene_repeat(count)
int scene_repeat(int count);

/* How long a check may take, $CONFORMANCE_LIMIT_S or 180 s, more on a
 * slow machine: one check must not hang the whole list. */
int scene_limit_s(void);

/* Two members of a struct sw_request. */
#define ACTIONS(...)                                                           \
	.actions = (const struct sw_action[]){ __VA_ARGS__ },                  \
	.action_count = COUNT(((const struct sw_action[]){ __VA_ARGS__ }))

struct scene {
	const struct sw_strategy *strategy;
	struct sw_handle *handle;
	char folder[64]; /* absolute; also the working folder */
	int null_fd;	 /* /dev/null, close-on-exec */
	pid_t held;	 /* a child that is held still, or 0 */

	/* What a check may change and the end of the scene puts back. */
	char *search_path;
	int working_folder;
};

/* How many children of this process are alive or zombies, helpers included;
 * -1 where the kernel does not tell (CONFIG_PROC_CHILDREN). */
int children_count(void);

/* Every child of this process, at most room of them; their number or -1. */
int children_list(pid_t *pids, int room);

/* A strategy's helper: before any spawn it is the only child. */
pid_t helper_find(void);

/* Kill it, or stop it, and wait until it is dead or stopped. */
void helper_kill(pid_t helper);
void helper_stop(pid_t helper);

/* How many descriptors process pid has open (0: this one). */
int descriptors_count(pid_t pid);

/* The number behind "NAME:" in /proc/PID/status (pid 0: the calling thread),
 * in the base given. Fails the test when there is none. */
uint64_t status_field(pid_t pid, const char *name, int base);

/* Field number of /proc/PID/stat, counted from 1 as proc(5) does; above 2. */
long stat_field(pid_t pid, int number);

/* Read /proc/PID/NAME into a buffer; the number of bytes. */
size_t proc_read(pid_t pid, const char *name, char *buffer, size_t size);

/* Whether descriptor fd of process pid and our_fd are the same file. */
bool same_file(pid_t pid, int fd, int our_fd);

/* cmocka's setup and teardown; *state is the strategy before, then the
 * scene. */
int scene_open(void **state);
int scene_close(void **state);

/* Remove a scene's folder. */
int scene_sweep(const char *folder);

/* Write folder/name with these permissions. */
void scene_write(const struct scene *scene, const char *name, const char *text,
		 unsigned mode);

/* folder/name, in one of four static buffers that are used in turn. */
const char *scene_path(const struct scene *scene, const char *name);

/* sw_spawn() and sw_confirm(): 0, or what refused. */
int scene_try(struct scene *scene, const struct sw_request *request,
	      struct sw_child *child);

/* Run to the end; the status as waitpid(2) tells it. */
int scene_run(struct scene *scene, const struct sw_request *request);

/* Run `sh -c script`; its status. */
int scene_shell(struct scene *scene, const char *script);

/* Run `sh -c script`: 0 when it ends well, -1 when not, or why there is no
 * child. A helper that does not fit may say so once, and is renewed. Fit for
 * copies, see scene_in_copy(). */
int scene_script(struct scene *scene, const char *script, bool may_be_stale);

/* Start the stopper for this request (its path is overwritten) and hold it
 * still; scene_drop() kills and reaps it. */
pid_t scene_hold(struct scene *scene, struct sw_request *request);

/* The same with path and argv of a shell that stops itself: any user may
 * execute it. */
pid_t scene_hold_shell(struct scene *scene, struct sw_request *request);

void scene_drop(struct scene *scene);

/* Ask for this and expect that error, told by sw_spawn() or sw_confirm(), of
 * that step where the strategy knows (all that run our child's half do), with
 * nothing left behind. */
void scene_refuses(struct scene *scene, const struct sw_request *request,
		   int error, unsigned stage, int action);

/* Do act() in a copy of this process, with a session and a handle: what it does
 * to itself ends with it. It complains by what it returns, because cmocka's
 * assertions would jump into the original's tests. */
void scene_in_copy(struct scene *scene, const char *(*act)(struct scene *));

/* What such a copy does in the end: for an act that cannot return. */
_Noreturn void scene_end_copy(struct scene *scene, const char *complaint);

#define COMPLAIN_UNLESS(truth)                                                 \
	do                                                                     \
		if (!(truth))                                                  \
			return #truth;                                         \
	while (0)

/* A request for the cheapest program that ends with status 0: the payload
 * that is built beside the tests, else true. */
struct sw_request scene_quick(const struct scene *scene);

/* Close all descriptors from this one on, but not SUPERVISE_FD. */
void scene_close_from(int fd);

/* Obstacles: why a check cannot run here, or NULL. ThreadSanitizer keeps
 * asynchronous signals back and handlers to itself. */
const char *not_root(void);
const char *children_unseen(void);
const char *signals_are_kept_back(void);

/* Fail unless there is neither a zombie nor a child more than expected. */
void assert_no_new_child(int expected);

#endif
