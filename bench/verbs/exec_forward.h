/* SPDX-License-Identifier: MIT */
/* Signals that somebody sends to exec and means for its command. */
#ifndef VERBS_EXEC_FORWARD_H
#define VERBS_EXEC_FORWARD_H

#include <sys/types.h>

/*
 * From now on SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1 and SIGUSR2, unless
 * ignored, are passed on to the command that runs, or end us while there is
 * none. A signal of the terminal is not passed on: the command, which is of our
 * group, has got it too (termios(3)). Neither mask nor dispositions of the
 * command are touched: handlers end at exec.
 */
void exec_forward_watch(void);

/* A command is about to be spawned: a signal waits for its pid. */
void exec_forward_hold(void);

/* Its pid; 0: it is about to be reaped, or there is none. */
void exec_forward_to(pid_t pid);

/* The last signal that was passed on, or came from the terminal; 0: none. */
int exec_forward_seen(void);

/* End as the command did, by this signal, so that a shell stops too. */
void exec_forward_end(int number);

#endif
