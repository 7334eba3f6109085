/* SPDX-License-Identifier: MIT */
/* The libc's functions behind names that this library takes. */
#ifndef PRELOAD_REAL_H
#define PRELOAD_REAL_H

#include <stdio.h>

/* fclose(3) of the libc: for all but what is ours to know, glibc's pclose(3).
 */
int real_fclose(FILE *stream);

#endif
