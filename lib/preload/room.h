/* SPDX-License-Identifier: MIT */
/*
 * A strategy has room for so many spawns, and so many strings, and refuses more
 * with EAGAIN of no stage. The libc has no such limit: threads wait here.
 */
#ifndef PRELOAD_ROOM_H
#define PRELOAD_ROOM_H

#include "lib/spawnwise.h"

/* sw_spawn(), once there is room. After 0 room_confirm() is to be called.
 * handle may be NULL: -ECHILD. */
int room_spawn(struct sw_handle *handle, const struct sw_request *request,
	       struct sw_child *child);

/* sw_confirm(), for as long as it takes. */
int room_confirm(struct sw_handle *handle, struct sw_child *child);

/* In a copy made by fork(2), which has no other thread. */
void room_forget(void);

#endif
