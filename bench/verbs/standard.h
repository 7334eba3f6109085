/* SPDX-License-Identifier: MIT */
/* What a verb that opens files and prints may rely on. */
#ifndef VERBS_STANDARD_H
#define VERBS_STANDARD_H

/* Started with a standard descriptor closed, a file of ours would get its
 * number and whatever is printed. Call it before opening any: what is written
 * to such a descriptor fails then. */
void standard_descriptors_keep(void);

/* Let a write beyond RLIMIT_FSIZE (ulimit -f) fail with EFBIG, as any other
 * that cannot be done, rather than end us without a word (setrlimit(2)). The
 * programs that we start are not touched by it. */
void standard_limits_tell(void);

#endif
