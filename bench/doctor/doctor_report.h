/* SPDX-License-Identifier: MIT */
/* What `doctor` says to people. */
#ifndef DOCTOR_DOCTOR_REPORT_H
#define DOCTOR_DOCTOR_REPORT_H

#include <stdio.h>

#include "bench/doctor/diagnosis.h"

/* Print all that was found. Errors as table_print(). */
int doctor_report(const struct diagnosis *found, FILE *stream);

#endif
