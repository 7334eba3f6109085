/* SPDX-License-Identifier: MIT */
/* Reading /proc without the libc, in a helper or a child. */
#ifndef BROKER_LOOK_H
#define BROKER_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/child.h"

#define SW_CHUNK_BYTES 4096
#define SW_LINE_BYTES 96
#define SW_NO_UMASK UINT64_MAX /* of a thread that ends or has ended */

/* Room for reading lines; what is in it does not matter before or after. */
struct sw_reader {
	bool (*take)(void *data, const char *line);
	void *data;
	bool done;
	size_t length; /* of what is in the chunk */
	char chunk[SW_CHUNK_BYTES];
};

/* What only /proc/PID/status tells of another process (proc(5)): of its first
 * thread, for threads differ in all but what they ignore. */
struct sw_facts {
	bool has_memory; /* not when it ends or has ended */
	uint64_t umask;	 /* its octal digits, four bits each; or SW_NO_UMASK */
	sw_sigset ignored;
	uint64_t bounding; /* capability sets */
	uint64_t ambient;
	uint64_t filters; /* of seccomp(2), their number */
};

/* A descriptor that is kept for long. Whoever closes descriptors that are not
 * his may put another file in its place. */
struct sw_held {
	int fd; /* -1: none */
	dev_t device;
	ino_t inode;
};

/* What is kept for long lies above 2: a program whose standard streams are
 * closed would give it to its children as theirs. Takes fd as a system call of
 * the libc gave it; returns it or another close-on-exec one for the same file,
 * or a negative errno, and then fd is closed. */
int sw_above_stdio(int fd);

/* Hold fd from now on, or none if it is negative. */
void sw_hold(struct sw_held *held, int fd);

/* Whether it still is that file: one with an inode of its own, which not all
 * have (eventfd(2), epoll(7)). */
bool sw_holds(const struct sw_held *held);

/* Close it, if it is. */
void sw_let_go(struct sw_held *held);

/* In the caller: hold its /proc/self/status open. Opening it for every child
 * would take half as long again, and a free descriptor. 0, or a negative
 * errno. */
int sw_status_open(struct sw_held *status);

/* mnt, user, net, uts, ipc, cgroup, and of children pid and time. */
#define SW_NAMESPACE_COUNT 8
#define SW_NAMESPACE_BYTES 32

struct sw_namespaces {
	/* Who looks, by the name that /proc has for him: while that is the same
	 * it is the same /proc, and others have the same names there too. */
	char self[SW_NAMESPACE_BYTES];
	char names[SW_NAMESPACE_COUNT][SW_NAMESPACE_BYTES];
};

/* What a symbolic link says, as text; all of to is written, so that it can be
 * compared. */
void sw_link_read(const char *path, char *to, size_t bytes);

/* Append text, without the libc; returns the end. */
char *sw_put(char *to, const char *text);

/* What /proc calls the calling process, as text of at most bytes - 1, or "". It
 * may be the /proc of an outer pid namespace: there getpid(2) is another's. */
void sw_proc_name(char *name, size_t bytes);

/* Call take for the lines of file fd, until it says that it has seen enough.
 * It gets them without the newline; of a line of pages it may get no more
 * than SW_LINE_BYTES in one piece. 0, or a negative errno. */
int sw_lines(struct sw_reader *reader, int fd,
	     bool (*take)(void *data, const char *line), void *data);

/* 0, or a negative errno: -EBADF when the descriptor was closed. */
int sw_facts_read(struct sw_facts *facts, const struct sw_held *status,
		  struct sw_reader *reader);

/* Of the calling thread; 0, or a negative errno. */
int sw_facts_of_thread(struct sw_facts *facts);

/* The one there is. */
mode_t sw_umask_of(const struct sw_facts *facts);

/* Whether two may have the same capabilities and do the same system calls. */
bool sw_facts_equal(const struct sw_facts *one, const struct sw_facts *other);

/* Whether two names of namespaces are the same. */
bool sw_names_equal(const char *one, const char *other);

/* Those of the process that /proc calls so; "" for what is not shown. */
void sw_namespaces_read(struct sw_namespaces *namespaces, const char *name);

/* 0 if the process that /proc calls so has a mapping that begins and ends
 * there; -ENOENT when it has none, or a negative errno when we may not know. */
int sw_mapping_look(const char *name, const void *start, const void *end);

/* A hexadecimal number; *text is moved behind it. */
uint64_t sw_hex(const char **text);

#endif
