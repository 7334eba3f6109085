/* SPDX-License-Identifier: MIT */
/* The standard descriptors, for verbs that open files and print. */
#ifndef VERBS_STANDARD_H
#define VERBS_STANDARD_H

/* Started with a standard descriptor closed, a file of ours would get its
 * number and whatever is printed. Call it before opening any: what is written
 * to such a descriptor fails then. */
void standard_descriptors_keep(void);

#endif
