/* SPDX-License-Identifier: MIT */
/* An oracle's trial, cell by cell and summed up. */
#ifndef LABS_ORACLE_ANSWER_H
#define LABS_ORACLE_ANSWER_H

#include "bench/labs/oracle.h"

/* One cell: how a strategy got on, at the step that decided. */
struct oracle_answer {
	int at_map; /* the memory could not be mapped, or should not be */
	bool tried;
	int agrees;    /* -1: not tried */
	int predicted; /* outcomes, bench/rows/errname.h */
	int observed;
	const struct predict_facts *facts;
	const char *skipped; /* why it was not tried, or "" */
};

struct oracle_answer oracle_answer(const struct oracle *oracle, size_t i);

struct oracle_tally {
	size_t tried;
	size_t agreed;
};

struct oracle_tally oracle_tally(const struct oracle *oracle);

/* The strategies that were refused, as a list; "-" for none. */
void oracle_list_refused(const struct oracle *oracle, char *text, size_t size);

/* Whether those that copy the parent were all answered this, and there were
 * some. */
bool oracle_copies_are(const struct oracle *oracle, int outcome);

/* Whether one that does not copy its parent was refused. */
bool oracle_refuses_others(const struct oracle *oracle);

#endif
