/* SPDX-License-Identifier: MIT */
/* What was seen, in words, and against what was declared; see attest.h. */

#include <inttypes.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "bench/attest/attest.h"
#include "lib/clone.h"
#include "lib/spawnwise.h"

#define FLAG(name)                                                             \
	{                                                                      \
		name, #name                                                    \
	}

static const struct {
	uint64_t flag;
	const char *name;
} flags[] = {
	FLAG(CLONE_VM),
	FLAG(CLONE_VFORK),
	FLAG(CLONE_FS),
	FLAG(CLONE_FILES),
	FLAG(CLONE_SIGHAND),
	FLAG(CLONE_PARENT),
	FLAG(CLONE_THREAD),
	FLAG(CLONE_PIDFD),
	FLAG(CLONE_SETTLS),
	FLAG(CLONE_PARENT_SETTID),
	FLAG(CLONE_CHILD_SETTID),
	FLAG(CLONE_CHILD_CLEARTID),
	FLAG(CLONE_CLEAR_SIGHAND),
	FLAG(CLONE_INTO_CGROUP),
};

/* Text that grows; what does not fit is lost. */
struct words {
	char *text;
	size_t bytes, used;
};

__attribute__((format(printf, 2, 3))) static void add(struct words *words,
						      const char *format, ...)
{
	const size_t room = words->bytes - words->used;
	va_list values;
	int length;

	va_start(values, format);
	length = vsnprintf(words->text + words->used, room, format, values);
	va_end(values);
	if (length > 0)
		words->used +=
			(size_t)length < room ? (size_t)length : room - 1;
}

static const char *call_name(int number)
{
	switch (number) {
	case SYS_clone:
		return "clone";
	case SYS_clone3:
		return "clone3";
#ifdef SYS_fork
	case SYS_fork:
		return "fork";
	case SYS_vfork:
		return "vfork";
#endif
	default:
		return "an unknown call";
	}
}

static void add_flags(struct words *words, const struct attestation *seen)
{
	const char *bar = "";
	uint64_t left = seen->flags;

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		if (!(left & flags[i].flag))
			continue;
		add(words, "%s%s", bar, flags[i].name);
		left &= ~flags[i].flag;
		bar = "|";
	}
	if (left) {
		add(words, "%s0x%" PRIx64, bar, left);
		bar = "|";
	}
	if (seen->exit_signal == SIGCHLD)
		add(words, "%sSIGCHLD", bar);
	else if (seen->exit_signal)
		add(words, "%ssignal %d", bar, seen->exit_signal);
}

void attestation_call(const struct attestation *seen, char *text, size_t bytes)
{
	struct words words = { .text = text, .bytes = bytes };

	*text = '\0';
	if (!seen->call || seen->refused || seen->unseen)
		return;
	add(&words, "%s(", call_name(seen->call));
	if (seen->call == SYS_clone || seen->call == SYS_clone3)
		add_flags(&words, seen);
	add(&words, ")");
}

void attestation_text(const struct attestation *seen, char *text, size_t bytes)
{
	struct words words = { .text = text, .bytes = bytes };

	attestation_call(seen, text, bytes);
	words.used = strlen(text);
	if (seen->refused)
		return;
	if (seen->unseen)
		add(&words, "not attested: %s", strerror(seen->unseen));
	else if (!seen->call)
		add(&words, "creates nothing");
	else
		add(&words, " by %s; ",
		    seen->by_helper ? "a helper" : "the caller");
	if (!seen->call || seen->unseen)
		return;
	if (!seen->executes)
		add(&words, "never came to exec");
	else
		add(&words, "%s; %s",
		    seen->shares_memory ? "shares memory"
					: "has its own memory",
		    seen->suspends_caller ? "suspends the caller"
					  : "the caller goes on");
}

const char *attestation_fault(const struct sw_strategy *strategy,
			      const struct attestation *seen)
{
	const unsigned traits = strategy->traits;

	if (seen->refused || seen->unseen)
		return NULL;
	if (seen->fails_held)
		return "it fails while its child is held before exec, and "
		       "works otherwise";
	if (traits & SW_CREATES_NOTHING)
		return seen->call ? "it declares creates_nothing, but creates "
				    "a child"
				  : NULL;
	if (!seen->executes)
		return "it says that it spawned, but no child came to exec";
	if (seen->shares_memory && !(traits & SW_SHARES_MEMORY))
		return "it does not declare shares_memory, but its child "
		       "shares the caller's";
	if (!seen->shares_memory && (traits & SW_SHARES_MEMORY))
		return "it declares shares_memory, but its child has its own";
	if (seen->suspends_caller && !(traits & SW_SUSPENDS_CALLER))
		return "it declares asynchronous, but its caller waits for "
		       "exec";
	if (!seen->suspends_caller && (traits & SW_SUSPENDS_CALLER))
		return "it declares suspends_caller, but its caller goes on "
		       "before exec";
	return NULL;
}
