/* SPDX-License-Identifier: MIT */
/* The libc's functions behind names that this library takes. */
#ifndef PRELOAD_REAL_H
#define PRELOAD_REAL_H

#include <stdio.h>

/* pclose(3) of the libc, for a stream that it made. */
int real_pclose(FILE *stream);

#endif
