/* SPDX-License-Identifier: MIT */
/* The part of `doctor` about what memory there is and who bounds it. */
#ifndef DOCTOR_DOCTOR_LIMITS_H
#define DOCTOR_DOCTOR_LIMITS_H

#include "bench/doctor/diagnosis.h"
#include "bench/show/table.h"

/* Add the rows about overcommit, memory and control groups. */
void doctor_tell_limits(struct table *table, const struct diagnosis *found);

#endif
