/* SPDX-License-Identifier: MIT */
/* What this libc's own way to create a child does. */
#ifndef LIB_LIBC_H
#define LIB_LIBC_H

#include "lib/spawnwise.h"

/*
 * Traits of posix_spawn(3), which system(3) and popen(3) call. glibc maps a
 * stack of 32 KiB and more for each child (sysdeps/unix/sysv/linux/spawni.c,
 * since 2.24); musl gives it a part of the caller's
 * (src/process/posix_spawn.c).
 */
#ifdef __GLIBC__
#define SW_LIBC_SPAWN_TRAITS SW_MAPS_MEMORY
#else
#define SW_LIBC_SPAWN_TRAITS 0
#endif

#endif
