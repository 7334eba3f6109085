/* SPDX-License-Identifier: MIT */
/*
 * How the caller's event loop hears of an answer: a pipe that can be read
 * while an answer is told and not fetched.
 *
 * A pipe, because it can be told from every other file: eventfd(2), epoll(7)
 * and others all have one inode.
 */
#ifndef BROKER_BELL_H
#define BROKER_BELL_H

#include "strategies/broker/arena.h"

/* Make the pipe of an arena, empty; bell becomes a copy of what is there. 0, or
 * a negative errno. */
int sw_bell_open(struct sw_arena *arena, struct sw_bell *bell);
void sw_bell_close(struct sw_bell *bell);

/* Read it empty. */
void sw_bell_silence(const struct sw_bell *bell);

/* In the helper: slot number is answered, if it still is the request whose
 * note that was. */
void sw_bell_tell(struct sw_arena *arena, int number, uint64_t note);

/* In the caller: these slots are answered, for all we know. */
void sw_bell_tell_all(struct sw_arena *arena, uint64_t slots);

/* In the caller: what slot number has told, or will tell, is fetched. */
void sw_bell_fetched(struct sw_arena *arena, int number);

#endif
