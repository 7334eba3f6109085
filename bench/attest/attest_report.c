/* SPDX-License-Identifier: MIT */
/* What was seen of strategies, told; see attest_report.h. */

#include "bench/attest/attest_report.h"

#include <inttypes.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

#include "bench/rows/rows.h"
#include "bench/show/cure.h"
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

/* Add to a text of ATTEST_BYTES; what does not fit is lost. */
__attribute__((format(printf, 2, 3))) static void add(char *text,
						      const char *format, ...)
{
	const size_t used = strlen(text);
	va_list values;

	va_start(values, format);
	vsnprintf(text + used, ATTEST_BYTES - used, format, values);
	va_end(values);
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

static void add_flags(char *text, const struct attestation *seen)
{
	const char *bar = "";
	uint64_t left = seen->flags;

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		if (!(left & flags[i].flag))
			continue;
		add(text, "%s%s", bar, flags[i].name);
		left &= ~flags[i].flag;
		bar = "|";
	}
	if (left) {
		add(text, "%s0x%" PRIx64, bar, left);
		bar = "|";
	}
	if (seen->exit_signal == SIGCHLD)
		add(text, "%sSIGCHLD", bar);
	else if (seen->exit_signal)
		add(text, "%ssignal %d", bar, seen->exit_signal);
}

static void describe_call(const struct attestation *seen,
			  struct attest_words *words)
{
	if (!seen->call || seen->refused || seen->unseen)
		return;
	add(words->call, "%s(", call_name(seen->call));
	if (seen->call == SYS_clone || seen->call == SYS_clone3)
		add_flags(words->call, seen);
	add(words->call, ")");
	words->by = seen->by_helper ? "helper" : "caller";
	if (seen->executes) {
		words->shares_memory = seen->shares_memory;
		words->suspends_caller = seen->suspends_caller;
	}
}

static void describe_all(const struct attestation *seen, char *text,
			 const struct attest_words *words)
{
	if (seen->refused)
		return;
	if (seen->unseen)
		add(text, "not attested: %s", strerror(seen->unseen));
	else if (!seen->call)
		add(text, "creates nothing");
	else
		add(text, "%s by %s; ", words->call,
		    seen->by_helper ? "a helper" : "the caller");
	if (!seen->call || seen->unseen)
		return;
	if (!seen->executes)
		add(text, "never came to exec");
	else
		add(text, "%s; %s",
		    seen->shares_memory ? "shares memory"
					: "has its own memory",
		    seen->suspends_caller ? "suspends the caller"
					  : "the caller goes on");
}

void attest_describe(const struct sw_strategy *strategy,
		     const struct attestation *seen, struct attest_words *words)
{
	*words = (struct attest_words){
		.refused = seen->refused,
		.unseen = seen->unseen,
		.shares_memory = -1,
		.suspends_caller = -1,
		.contradiction = attest_fault(strategy, seen),
	};
	describe_call(seen, words);
	describe_all(seen, words->text, words);
}

#define AT(member) offsetof(struct attest_words, member)

static const struct row_field fields[] = {
	FIELD("refused", ERRNO, AT(refused),
	      "name of the error by which it is not available here"),
	FIELD("unseen", ERRNO, AT(unseen),
	      "name of the error that kept us from looking: its traits are "
	      "taken on trust"),
	FIELD("call", LINE, AT(call),
	      "the system call that created the child, as strace shows it "
	      "without pointers: `clone3(CLONE_VM\\|CLONE_VFORK\\|SIGCHLD)`; "
	      "`null`: none was seen"),
	FIELD("by", TEXT, AT(by),
	      "the thread that made it: the `caller` of the spawn, or a "
	      "`helper`"),
	FIELD("shares_memory", YES, AT(shares_memory),
	      "the child had the caller's memory until exec"),
	FIELD("suspends_caller", YES, AT(suspends_caller),
	      "the spawn had not returned while the child was held"),
	FIELD("contradiction", TEXT, AT(contradiction),
	      "how its traits say otherwise"),
	{ 0 },
};

const struct row_type attest_row = ROW_TYPE("attested", fields);

json_t *attest_json(const struct sw_strategy *const *strategies,
		    const struct attestation *seen, size_t count)
{
	json_t *all = json_object();

	for (size_t i = 0; i < count; i++) {
		struct attest_words words;

		attest_describe(strategies[i], &seen[i], &words);
		json_object_set_new(all, strategies[i]->name,
				    row_json(&attest_row, &words));
	}
	return all;
}

static void report_one(FILE *stream, const struct sw_strategy *strategy,
		       const struct attestation *seen)
{
	const char *fault = attest_fault(strategy, seen);

	if (seen->refused)
		fprintf(stream, "%s is not available here: %s. %s\n",
			strategy->name, strerror(seen->refused),
			cure_of(CURE_STRATEGY, -seen->refused,
				"Use another strategy."));
	else if (seen->unseen)
		fprintf(stream,
			"%s could not be attested (%s): its traits are "
			"taken on trust.\n",
			strategy->name, strerror(seen->unseen));
	if (fault)
		fprintf(stream,
			"%s is not what it says: %s. Correct its "
			"traits, then measure it.\n",
			strategy->name, fault);
}

void attest_report(FILE *stream, const struct sw_strategy *const *strategies,
		   const struct attestation *seen, size_t count)
{
	for (size_t i = 0; i < count; i++)
		report_one(stream, strategies[i], &seen[i]);
}
