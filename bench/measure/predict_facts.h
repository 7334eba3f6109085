/* SPDX-License-Identifier: MIT */
/* Facts for a prediction: of one parent, and of the machine at this moment. */
#ifndef MEASURE_PREDICT_FACTS_H
#define MEASURE_PREDICT_FACTS_H

#include "bench/judge/predict.h"
#include "bench/machine/memory.h"

/* Put together what predict() wants; parent's smaps are given, the rest is
 * read now. pid 0 stands for this process. 0 or a negative errno. */
int predict_facts_read(const struct smaps_facts *parent, pid_t pid,
		       struct predict_facts *facts);

/* The same of this process, its smaps too. */
int predict_facts_self(struct predict_facts *facts);

/* The same of a program that is not there: this process with a heap besides, in
 * one accountable mapping, which is then committed. */
int predict_facts_imagined(uint64_t heap_bytes, struct predict_facts *facts);

#endif
