/* SPDX-License-Identifier: MIT */
/*
 * The machine as a reader of numbers must know it.
 */
#ifndef MACHINE_HOST_H
#define MACHINE_HOST_H

#include <jansson.h>
#include <stddef.h>

/*
 * Everything of host.json that is a fact of the machine or of this build;
 * the caller owns the object and adds what belongs to the run (seed, argv,
 * verdict). A fact that cannot be read is null. NULL: out of memory.
 *
 * For the footer of charts: "version", "kernel", "thp" and "governor" ("n/a"
 * where there is none) are strings, "cpus" is an integer.
 */
json_t *host_facts(void);

/* The container that we are in, by the marks of the common engines ("docker",
 * "podman"); "no" without any. Returns text. */
char *host_container(char *text, size_t size);

/* Text that firmware or a user wrote, as text_escape() makes it: what is not
 * UTF-8, jansson refuses. */
json_t *host_string(const char *text);

#endif
