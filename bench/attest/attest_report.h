/* SPDX-License-Identifier: MIT */
/* What was attested of strategies, for files and for people. */
#ifndef ATTEST_ATTEST_REPORT_H
#define ATTEST_ATTEST_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "bench/attest/attest.h"
#include "bench/measure/runner.h"

/* One attestation as data/README.md describes it; the caller owns it. */
json_t *attested_json(const struct sw_strategy *strategy,
		      const struct attestation *seen);

/* Those of a run, by name: the key `attested` of host.json. */
json_t *attested_run_json(const struct run *run);

/* Say which strategies of a run are not available, not attested, or not what
 * they declare; a line each, nothing when all is well. */
void attested_tell(FILE *stream, const struct run *run);

#endif
