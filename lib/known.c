/* SPDX-License-Identifier: MIT */
/* Memory made known to LeakSanitizer; see known.h. */

#include "lib/known.h"

#include <stddef.h>

#include "lib/slots.h"

static void *volatile places[SW_SLOT_COUNT]; /* never read by us */
static sw_slots taken;

int sw_known_add(void *memory)
{
	const int known = memory ? sw_slot_take(&taken) : -1;

	if (known >= 0)
		places[known] = memory;
	return known;
}

void sw_known_remove(int known)
{
	if (known < 0)
		return;
	places[known] = NULL;
	sw_slot_give(&taken, known);
}
