/* SPDX-License-Identifier: MIT */
/*
 * promise: how much memory does malloc promise, and what stops it?
 *
 * Steps of 1 GiB until NULL, then finer ones, as in the classic experiment;
 * here in a process of its own, once per overcommit mode, against what the
 * rules of mm/util.c predict.
 *
 * By mmap(2), as malloc(3) does for such sizes (mallopt(3), M_MMAP_THRESHOLD),
 * but without the head that malloc() writes into each piece: with transparent
 * huge pages that can make 2 MiB of each of 131,072 pieces real.
 *
 * Longer than other files: a lab is one file.
 */

#include <string.h>
#include <sys/mman.h>

#include "bench/labs/part.h"
#include "bench/labs/region.h"
#include "bench/labs/report.h"
#include "bench/machine/memory.h"
#include "bench/measure/predict_facts.h"

#define GIB ((uint64_t)1 << 30)
#define SMALLEST_STEP ((size_t)64 * 1024)
#define USED (PROT_READ | PROT_WRITE)

/* The user's part of the address space. Five-level page tables and 52-bit
 * addresses are for those who ask for them by a hint to mmap(2)
 * (Documentation/arch/x86/x86_64/5level-paging.rst). */
#ifdef __aarch64__
#define ADDRESS_SPACE_BYTES ((uint64_t)1 << 48)
#else
#define ADDRESS_SPACE_BYTES ((uint64_t)1 << 47)
#endif

struct promise {
	struct trial trial;

	/* Just before, in that mode. */
	struct predict_facts facts;
	/* Addresses are not given from below the stack downwards: in the layout
	 * of setarch -L and vm.legacy_va_layout they begin at a third of all,
	 * under an unlimited stack at a sixth, and what is beyond stays unused
	 * in part (mmap_base() in arch/x86/mm/mmap.c and mm/util.c). */
	bool unusual;

	uint64_t largest_bytes; /* a single request that was granted */
	uint64_t promised_bytes;
	uint64_t committed_bytes; /* by which Committed_AS grew */
	bool held_back;		  /* by us, for the others' sake */

	/* By the rules, afterwards. */
	const char *stopped_by;
	/* Unknown where the addresses end first, and how many there are depends
	 * on their layout. */
	uint64_t predicted_bytes;
	uint64_t largest_predicted_bytes; /* unknown in mode 1 too */
	uint64_t commit_left_bytes;
	uint64_t address_limit_bytes;
	char times[16]; /* what there is: "5,568", "12", "0.3" */
};

#define AT(member) offsetof(struct promise, member)

static const struct row_field fields[] = {
	FIELD("overcommit", COUNT, AT(trial.mode),
	      "mode of `vm.overcommit_memory`: 0, 1, 2"),
	FIELD("promised_bytes", BYTES, AT(promised_bytes),
	      "what one process was granted in all, in requests of 1 GiB and "
	      "then of halves down to 64 KiB"),
	FIELD("ram_bytes", BYTES, AT(facts.ram_bytes)),
	FIELD("swap_bytes", BYTES, AT(facts.swap_bytes),
	      "MemTotal and SwapTotal"),
	FIELD("commit_limit_bytes", BYTES, AT(facts.commit_limit_bytes),
	      "CommitLimit"),
	FIELD("commit_left_bytes", BYTES, AT(commit_left_bytes),
	      "CommitLimit less Committed_AS just before"),
	FIELD("stopped_by", TEXT, AT(stopped_by),
	      "`address_space`; `commit_limit`; `rlimit_as`: RLIMIT_AS; "
	      "`rlimit_data`: RLIMIT_DATA; `room_for_others`: by us, see "
	      "`--alone`"),
	FIELD("predicted_bytes", BYTES, AT(predicted_bytes),
	      "what `promised_bytes` should be by the rules of mm/util.c; "
	      "empty where the addresses end first and are in the legacy "
	      "layout (setarch -L, an unlimited stack)"),
	FIELD("committed_bytes", BYTES, AT(committed_bytes),
	      "by how much Committed_AS grew"),
	FIELD("largest_bytes", BYTES, AT(largest_bytes),
	      "the largest single request that was granted"),
	FIELD("largest_predicted_bytes", BYTES, AT(largest_predicted_bytes),
	      "what that should be; empty in mode 1, where the largest gap "
	      "between mappings decides"),
	FIELD("address_limit_bytes", BYTES, AT(address_limit_bytes),
	      "size of the address space, or RLIMIT_AS"),
	FIELD("data_limit_bytes", LIMIT, AT(facts.data_limit_bytes),
	      "RLIMIT_DATA; empty: none"),
	{ 0 },
};

static const struct row_field words[] = {
	FIELD("bound", TEXT, AT(stopped_by), NULL, bound_phrases),
	FIELD("times", LINE, AT(times)),
	{ 0 },
};

/* Whether a request may be made: in mode 2 one that is granted is taken from
 * all others. */
static bool is_harmless(struct promise *promise, uint64_t bytes)
{
	struct predict_facts facts;

	if (promise->trial.mode != 2 || promise->trial.context->alone)
		return true;
	if (predict_facts_self(&facts))
		return false;
	facts.committed_bytes += bytes;
	if (!headroom_lack(0, &facts))
		return true;
	promise->held_back = true;
	return false;
}

static void *map(size_t bytes, int protection)
{
	void *piece = mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	return piece == MAP_FAILED ? NULL : piece;
}

/* By two mappings: a single one may fill a gap. Where addresses are too few for
 * both, the layout plays no part. */
static bool is_unusual(void)
{
	char *first = map(GIB, PROT_NONE);
	char *second = map(GIB, PROT_NONE);
	const bool unusual = first && second &&
			     (second > first ||
			      (uintptr_t)second < ADDRESS_SPACE_BYTES / 8 * 7);

	if (first)
		munmap(first, GIB);
	if (second)
		munmap(second, GIB);
	return unusual;
}

/* By bisection: each request is given back at once. */
static uint64_t find_largest(struct promise *promise)
{
	uint64_t granted = 0, refused = ADDRESS_SPACE_BYTES;

	while (refused - granted > SMALLEST_STEP) {
		const uint64_t bytes = granted + (refused - granted) / 2;
		void *piece =
			is_harmless(promise, bytes) ? map(bytes, USED) : NULL;

		if (piece) {
			munmap(piece, bytes);
			granted = bytes;
		} else {
			refused = bytes;
		}
	}
	return granted;
}

static int take(void *row)
{
	struct promise *promise = row;
	struct meminfo after;
	int error = predict_facts_self(&promise->facts);

	if (error)
		return error;
	promise->unusual = is_unusual();
	promise->largest_bytes = find_largest(promise);
	promise->held_back = false;
	for (size_t step = GIB; step >= SMALLEST_STEP; step /= 2)
		while (is_harmless(promise, step) && map(step, USED))
			promise->promised_bytes += step;
	error = meminfo_read_commit(&after);
	/* Others may have given back more than we got. */
	if (!error)
		promise->committed_bytes = minus(
			after.committed_bytes, promise->facts.committed_bytes);
	return error;
}

static void format_times(struct promise *promise)
{
	const double times =
		(double)promise->promised_bytes /
		(double)(promise->facts.ram_bytes + promise->facts.swap_bytes);
	const unsigned whole = (unsigned)(times + 0.5);

	if (whole >= 1000)
		snprintf(promise->times, sizeof promise->times, "%u,%03u",
			 whole / 1000, whole % 1000);
	else
		snprintf(promise->times, sizeof promise->times, "%.*f",
			 times < 10, times);
}

static int predict_all(void *row)
{
	struct promise *promise = row;
	const struct predict_facts *facts = &promise->facts;
	struct predict_facts grown = *facts;
	const int mode = promise->trial.mode;
	struct room room = { minus(ADDRESS_SPACE_BYTES, facts->total_vm_bytes),
			     "address_space" };

	room_limit(&room, facts, 0);
	/* The reserve for others grows with the process. */
	grown.total_vm_bytes += predict_left(facts);
	if (mode == 2)
		room_end(&room, predict_left(&grown), "commit_limit");
	promise->address_limit_bytes =
		smaller(facts->address_limit_bytes ?: ADDRESS_SPACE_BYTES,
			ADDRESS_SPACE_BYTES);
	promise->stopped_by =
		promise->held_back ? "room_for_others" : room.ends;
	promise->predicted_bytes =
		promise->unusual && !strcmp(room.ends, "address_space")
			? BYTES_UNKNOWN
			: room.bytes;
	/* In mode 1 it is the largest gap in the address space, which the
	 * loader chooses. */
	promise->largest_predicted_bytes =
		mode == 0   ? smaller(room.bytes,
				      facts->ram_bytes + facts->swap_bytes)
		: mode == 1 ? BYTES_UNKNOWN
			    : promise->predicted_bytes;
	promise->commit_left_bytes =
		minus(facts->commit_limit_bytes, facts->committed_bytes);
	format_times(promise);
	return 0;
}

static const struct lab_column columns[] = {
	{ "mode", 'l', "{overcommit}" },
	{ "promised", 'r', "{promised_bytes}" },
	{ "predicted", 'r', "{predicted_bytes}" },
	{ "at once", 'r', "{largest_bytes}" },
	{ "predicted", 'r', "{largest_predicted_bytes}" },
	{ "stopped by", 'l', "{stopped_by}" },
	{ 0 },
};

LESSON_WHEN(promise, is_bounded,
	    row->trial.mode == 0 && bound_is_own(row->stopped_by))
LESSON_WHEN(promise, is_heuristic,
	    row->trial.mode == 0 && !bound_is_own(row->stopped_by))
LESSON_WHEN(promise, is_always, row->trial.mode == 1)
LESSON_WHEN(promise, is_held_back, row->held_back)
LESSON_WHEN(promise, is_strict, !strcmp(row->stopped_by, "commit_limit"))
LESSON_WHEN(promise, is_strict_and_bounded,
	    row->trial.mode == 2 && !row->held_back && !is_strict(row))
LESSON_WHEN(promise, is_unpredicted, row->predicted_bytes == BYTES_UNKNOWN)

static const struct lesson lessons[] = {
	{ is_bounded,
	  "Mode 0 (heuristic) looks at each request alone and refuses one that "
	  "is larger than RAM and swap together. Here a limit of the process "
	  "itself came first: {bound} stopped it at {promised_bytes}." },
	{ is_heuristic,
	  "Mode 0 (heuristic) looks at each request alone and refuses one that "
	  "is larger than RAM and swap together; their sum is not limited: "
	  "{promised_bytes} in all, {times} times what there is, up to "
	  "{bound}." },
	{ is_always, "Mode 1 (always) refuses nothing; what stopped the "
		     "program was {bound}." },
	{ is_held_back,
	  "Mode 2 (strict) promises up to CommitLimit, to all processes "
	  "together. We stopped before it was reached: the others on this "
	  "machine would have got nothing. (--alone goes on to the end.)" },
	{ is_strict,
	  "Mode 2 (strict) promises up to CommitLimit, to all processes "
	  "together, and holds back some for root and for other programs of "
	  "the user: here malloc returns NULL, and of the modes only this one "
	  "sets a limit to all memory." },
	{ is_strict_and_bounded,
	  "Mode 2 (strict) promises up to CommitLimit, to all processes "
	  "together. It was not reached: {bound} stopped the program before." },
	{ is_unpredicted,
	  "How many addresses there are is not predicted: this process has "
	  "another layout than usual (by setarch -L, vm.legacy_va_layout or an "
	  "unlimited stack), which leaves a part of them unused. Use `ulimit "
	  "-s 8192`, without setarch, for a prediction." },
	{ NULL, "None of it is memory yet: a page exists when it is written "
		"to. `spawnwise lab touch` shows what happens then." },
	{ 0 },
};

static const struct lab_part part = {
	.row_bytes = sizeof(struct promise),
	.doing = "take memory in overcommit mode {overcommit}",
	.act = take,
	.after = predict_all,
	.limit_ms = 60000,
	.words = words,
	.intro = "A process asked for memory until it was refused, in steps "
		 "of 1 GiB and then in finer ones, and wrote to none of it. "
		 "This machine has {ram_bytes} of RAM and {swap_bytes} of "
		 "swap; its CommitLimit is {commit_limit_bytes}.",
	.columns = columns,
	.lessons = lessons,
};

const struct lab lab_promise = {
	.name = "promise",
	.place = 1,
	.summary = "how much memory malloc promises, and what stops it",
	.row = &(const struct row_type)ROW_TYPE("promise.csv", fields),
	.modes = true,
	.parts = (const struct lab_part *const[]){ &part, NULL },
};
