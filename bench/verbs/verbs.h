/* SPDX-License-Identifier: MIT */
/*
 * What a verb is: options in, calls below, an exit code out.
 *
 * A verb is one const struct verb_NAME in one file, where the Makefile finds it
 * (build/verbs.c). A verb prints its result on stdout and what people should
 * know besides on stderr, but never its own error: it describes the error with
 * fail() and main.c prints it. restore.c is the smallest example.
 */
#ifndef VERBS_VERBS_H
#define VERBS_VERBS_H

#include "bench/verbs/failure.h"
#include "bench/verbs/options.h"

/* All verbs by name, ended by NULL. */
extern const struct verb *const *const verbs;

#endif
