/* SPDX-License-Identifier: MIT */
/* What was seen of strategies, for files and for people. */
#ifndef ATTEST_ATTEST_REPORT_H
#define ATTEST_ATTEST_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "bench/attest/attest.h"
#include "bench/rows/rows.h"

#define ATTEST_BYTES 256

/* What was seen, in words. */
struct attest_words {
	int refused, unseen; /* as in struct attestation */
	/* The system call as strace(1) shows it, without pointers: "vfork()",
	 * "clone3(CLONE_VM|CLONE_VFORK|SIGCHLD)"; "" when there is none. */
	char call[ATTEST_BYTES];
	const char *by; /* "caller", "helper"; NULL without a call */
	int shares_memory, suspends_caller; /* 0, 1; -1: no child executed */
	const char *contradiction;	    /* of attest_fault() */
	/* All of it: "vfork() by the caller; shares memory; suspends the
	 * caller", "creates nothing", "not attested: REASON"; "" when refused.
	 */
	char text[ATTEST_BYTES];
};

void attest_describe(const struct sw_strategy *strategy,
		     const struct attestation *seen,
		     struct attest_words *words);

/* The JSON object of struct attest_words that data/README.md describes. */
extern const struct row_type attest_row;

/* Those of some strategies, by name: the key `attested` of host.json. */
json_t *attest_json(const struct sw_strategy *const *strategies,
		    const struct attestation *seen, size_t count);

/* Say which strategies are not available, not attested, or not what they
 * declare; a line each, nothing when all is well. */
void attest_report(FILE *stream, const struct sw_strategy *const *strategies,
		   const struct attestation *seen, size_t count);

#endif
