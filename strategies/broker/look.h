/* SPDX-License-Identifier: MIT */
/* Reading /proc without the libc, in a helper or a child. */
#ifndef BROKER_LOOK_H
#define BROKER_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/child.h"

#define SW_LINE_BYTES 96

/* What only /proc/PID/status tells of another process (proc(5)). */
struct sw_facts {
	sw_sigset ignored;
	uint64_t bounding; /* capability sets */
	uint64_t ambient;
	uint64_t filters; /* of seccomp(2), their number */
};

/* The namespaces that a caller can change without parting from our working
 * folder (unshare(2) and setns(2) of the others do that). */
#define SW_NAMESPACE_COUNT 6
#define SW_NAMESPACE_BYTES 32

struct sw_namespaces {
	char names[SW_NAMESPACE_COUNT][SW_NAMESPACE_BYTES];
};

/* Call take for every line of a file, which it gets without the newline, cut
 * to SW_LINE_BYTES - 1. 0, or a negative errno. */
int sw_lines(const char *path, void (*take)(void *data, const char *line),
	     void *data);

/* 0, or a negative errno. */
int sw_facts_read(struct sw_facts *facts, pid_t pid);

void sw_namespaces_read(struct sw_namespaces *namespaces, pid_t pid);

/* A hexadecimal number; *text is moved behind it. */
uint64_t sw_hex(const char **text);

#endif
