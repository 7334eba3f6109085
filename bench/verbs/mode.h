/* SPDX-License-Identifier: MIT */
/* The overcommit mode that is the user's, for verbs that judge by it. */
#ifndef VERBS_MODE_H
#define VERBS_MODE_H

/* Read it; when a run has set another one for a moment or left it behind, a
 * line on stderr says so. 0, or -errno of overcommit_get(). */
int users_mode(int *mode);

#endif
