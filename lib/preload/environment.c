/* SPDX-License-Identifier: MIT */
/* What this process starts shall not know that we were here. */

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/preload/preload.h"

/* Take an entry out of a list as LD_PRELOAD is one: between blanks or colons
 * (ld.so(8)). The others stay as they are. */
static void remove_entry(char *list, const char *entry)
{
	const size_t length = strlen(entry);

	while (*list) {
		const size_t used = strcspn(list, " :");
		const size_t separator = list[used] != '\0';

		if (used == length && !memcmp(list, entry, length)) {
			char *rest = list + used + separator;

			memmove(list, rest, strlen(rest) + 1);
		} else {
			list += used + separator;
		}
	}
}

/* unsetenv(3) by hand: a shell has functions of that name of its own, which
 * are not ready before its main(). No thread is there yet. */
static void forget(const char *name)
{
	const size_t length = strlen(name);
	char **kept = environ;

	for (char **entry = environ; *entry; entry++)
		if (strncmp(*entry, name, length) || (*entry)[length] != '=')
			*kept++ = *entry;
	*kept = NULL;
}

void environment_leave(void)
{
	static const char here;
	char *preloads = getenv("LD_PRELOAD");
	Dl_info own;

	forget(WITH_VARIABLE);
	forget(WITH_REPORT_VARIABLE);
	if (!preloads || !dladdr(&here, &own))
		return;
	remove_entry(preloads, own.dli_fname);
	if (!*preloads)
		forget("LD_PRELOAD");
}
