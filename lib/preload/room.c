/* SPDX-License-Identifier: MIT */
/* Waiting for room in a strategy; see room.h. */

#include "lib/preload/room.h"

#include <errno.h>
#include <stdatomic.h>

#include "lib/wait.h"

/* Threads that have, or take, room for a spawn; how often one of them has given
 * it back; and those that wait for that. */
static struct {
	atomic_uint inside;
	atomic_uint through;
	atomic_uint waiting;
} room;

/* For the others: there may be room now. */
static void leave(void)
{
	atomic_fetch_add(&room.through, 1);
	atomic_fetch_sub(&room.inside, 1);
	if (atomic_load(&room.waiting))
		sw_wake(&room.through);
}

/* Wait until another thread is through, unless it was since there were so many,
 * or there is no other; then that is no reason, and we stay inside. */
static bool give_way(unsigned through)
{
	const bool is_last = atomic_fetch_sub(&room.inside, 1) == 1;

	if (is_last && atomic_load(&room.through) == through) {
		atomic_fetch_add(&room.inside, 1);
		return false;
	}
	atomic_fetch_add(&room.waiting, 1);
	sw_wait(&room.through, through, INT64_MAX, -1);
	atomic_fetch_sub(&room.waiting, 1);
	return true;
}

int room_spawn(struct sw_handle *handle, const struct sw_request *request,
	       struct sw_child *child)
{
	unsigned through;
	int error;

	do {
		through = atomic_load(&room.through);
		atomic_fetch_add(&room.inside, 1);
		error = handle ? sw_spawn(handle, request, child) : -ECHILD;
	} while (error == -EAGAIN && !child->stage && give_way(through));
	if (error)
		leave();
	return error;
}

int room_confirm(struct sw_handle *handle, struct sw_child *child)
{
	const int error = sw_confirm(handle, child, -1);

	leave();
	return error;
}

void room_forget(void)
{
	atomic_store(&room.inside, 0);
	atomic_store(&room.waiting, 0);
}
