/* SPDX-License-Identifier: MIT */
/* The table of axes; see axes.h. Longer than other files: the hooks of the rows
 * stand beside them. */

#include "bench/files/axes.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/descriptors.h"
#include "bench/machine/failure.h"
#include "bench/machine/heap.h"
#include "bench/machine/text.h"
#include "lib/spawnwise.h"

#define STACK_BYTES (64 * 1024)

/* Of cell.later. */
enum { LATER_CLOSEFDS, LATER_ENV };

#define ENTRY_BYTES 4096 /* of the environment */

static struct heap heap; /* of this process, if it is one under test */

static int grow_heap(const struct cell *cell, struct failure *why)
{
	return heap_grow(&heap, cell->heap_bytes, backing_find(cell->backing),
			 why);
}

static int split_heap(const struct cell *cell, struct failure *why)
{
	return heap_split(&heap, cell->vmas, backing_find(cell->backing), why);
}

static int vmas_fit(uint64_t vmas, struct failure *why)
{
	TEXT_STREAM stream = text_open("/proc/sys/vm/max_map_count");
	uint64_t most;

	if (!vmas)
		return fail(why, EXIT_USAGE, "Use 1 or more.",
			    "run --vmas 0: a heap is a mapping at least");
	if (!stream || fscanf(stream, "%" SCNu64, &most) != 1 ||
	    vmas + 1000 <= most)
		return 0;
	fail_cure(why,
		  "Use --vmas %" PRIu64 " at most, or allow more: sudo sysctl "
		  "vm.max_map_count=%" PRIu64,
		  most > 1000 ? most - 1000 : 1, vmas + 1000);
	return fail(why, EXIT_USAGE, NULL,
		    "run --vmas %" PRIu64 ": vm.max_map_count is %" PRIu64,
		    vmas, most);
}

static int open_descriptors(const struct cell *cell, struct failure *why)
{
	return descriptors_open(cell->fds, why);
}

static int descriptors_fit(uint64_t fds, struct failure *why)
{
	const unsigned long most = descriptors_room();

	if (fds <= most)
		return 0;
	fail_cure(why,
		  "Use --fds %lu at most, or begin with more: prlimit "
		  "--nofile=%" PRIu64 " spawnwise run",
		  most, fds + 1000);
	return fail(why, EXIT_USAGE, NULL,
		    "run --fds %" PRIu64 ": the hard limit of open files is in "
		    "the way",
		    fds);
}

/* What a program does that closes what is open one by one. */
static int close_each(const struct cell *cell, struct sw_request *request)
{
	struct sw_action *actions;
	int highest, error;

	if (strcmp(cell->later[LATER_CLOSEFDS].word, "loop") != 0)
		return 0;
	error = descriptors_count(&highest);
	if (error < 0)
		return error;
	actions = calloc((size_t)highest, sizeof *actions);
	if (!actions)
		return -ENOMEM;
	for (int fd = STDERR_FILENO + 1; fd <= highest; fd++)
		actions[request->action_count++] =
			(struct sw_action){ SW_CLOSE, .fd = fd };
	request->actions = actions;
	return 0;
}

static int fill_environment(const struct cell *cell, struct failure *why)
{
	const uint64_t bytes = cell->later[LATER_ENV].bytes;

	for (int i = 0; (uint64_t)i < bytes / ENTRY_BYTES; i++) {
		char *entry; /* with the byte that ends it */

		if (asprintf(&entry, "SPAWNWISE_%0*d=", ENTRY_BYTES - 12, i) <
			    0 ||
		    putenv(entry))
			return fail(why, -ENOMEM, NULL, "%s", strerror(ENOMEM));
	}
	return 0;
}

/* An eighth is left to what is there besides; 6 MiB are the most (execve(2),
 * "Limits on size of arguments and environment"). */
static int environment_fits(uint64_t bytes, struct failure *why)
{
	const uint64_t limit =
		smaller((uint64_t)sysconf(_SC_ARG_MAX), (uint64_t)6 << 20);
	const uint64_t most = limit - limit / 8;

	if (bytes <= most)
		return 0;
	fail_cure(why,
		  "Use --env %s at most, or allow a larger stack: ulimit -s",
		  size_exact(most / ENTRY_BYTES * ENTRY_BYTES).text);
	return fail(why, EXIT_USAGE, NULL,
		    "run --env %s: exec takes %s, arguments included",
		    size_exact(bytes).text, size_human(limit).text);
}

static void *sleep_for_ever(void *data)
{
	for (;;)
		pause();
	return data;
}

/* They sleep for ever and only exist. */
static int start_threads(const struct cell *cell, struct failure *why)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int error = pthread_attr_init(&attributes);

	if (!error) {
		pthread_attr_setstacksize(&attributes, STACK_BYTES);
		for (int i = 0; i < cell->threads && !error; i++)
			error = pthread_create(&thread, &attributes,
					       sleep_for_ever, NULL);
		pthread_attr_destroy(&attributes);
	}
	return error ? fail(why, -error, NULL, "%s", strerror(error)) : 0;
}

static const char *const placements[] = { "same", "split", "free", NULL };
static const unsigned place_fields[] = { 0, SW_AFFINITY, 0 };
static const char *const closings[] = { "no", "loop", "range", NULL };
static const unsigned closing_fields[] = { 0, SW_FDACTIONS, SW_CLOSEFDS };
static const char *const modes[] = { "heuristic", "always", "strict", NULL };

#define CELL(member) offsetof(struct cell, member)
/* Outside of functions a compound literal is static (C17, 6.5.2.5). */
#define AXIS(called, ...)                                                      \
	.axis = &(const struct axis)                                           \
	{                                                                      \
		.name = called, __VA_ARGS__                                    \
	}

const struct row_field cell_fields[] = {
	FIELD("run_id", RUN_ID,
	      .help = "start of the run in UTC, and its process id"),
	FIELD("cell_id", COUNT, CELL(id),
	      "the cell, counted from 0 within the run; the key to "
	      "`cells.csv`"),
	FIELD("strategy", NAME, CELL(strategy),
	      "how the child was created; `spawnwise list`"),
	FIELD("heap_bytes", BYTES, CELL(heap_bytes),
	      "size of the parent's heap, one private anonymous mapping",
	      AXIS("heap", 'H', AXIS_GROUP, "heaps of the parent",
		   "0,64M,256M,1G,4G,8G", "0,64M,1G", .apply = grow_heap)),
	FIELD("backing", WORD, CELL(backing),
	      "`base`: base pages, all written once; `thp`: transparent huge "
	      "pages, all written once; `hugetlb`: huge pages that were set "
	      "aside; `untouched`: mapped, never written; `shared`: not "
	      "private, base pages, as `base` else; `dontfork`: as `base`, but "
	      "MADV_DONTFORK, madvise(2)",
	      AXIS("backing", 'b', AXIS_TOLD, "what backs the heap", "base",
		   .words = backing_names)),
	FIELD("vmas", COUNT, CELL(vmas), "mappings that the heap consists of",
	      AXIS("vmas", 0, AXIS_QUIET, "mappings of the heap", "1",
		   .apply = split_heap, .fits = vmas_fit),
	      .most = 10000000),
	FIELD("threads", COUNT, CELL(threads),
	      "sleeping threads of the parent besides the caller",
	      AXIS("threads", 't', AXIS_QUIET, "sleeping threads of the parent",
		   "0", .apply = start_threads),
	      .most = 1024),
	FIELD("fds", COUNT, CELL(fds),
	      "open descriptors of the parent besides its own few, all to be "
	      "inherited",
	      AXIS("fds", 0, AXIS_QUIET, "open descriptors of the parent", "0",
		   .apply = open_descriptors, .fits = descriptors_fit),
	      .most = 10000000),
	FIELD("cpu", WORD, CELL(cpu),
	      "`same`: caller, helper and child on one CPU; `split`: helper "
	      "and child on another; `free`: the scheduler's choice",
	      AXIS("cpu", 'c', AXIS_TOLD, "where children run", "same",
		   .words = placements, .fields = place_fields)),
	FIELD("overcommit", COUNT, CELL(overcommit),
	      "`vm.overcommit_memory` while the sample was taken: 0, 1, 2",
	      AXIS("overcommit", 'm', AXIS_SETTING, "current, 0, 1, 2, or all",
		   "current", .words = modes),
	      .most = 2),
	{ 0 },
};

const struct row_field later_fields[] = {
	FIELD("label", WORD, CELL(label),
	      "label of the setting that its parent had, by `--ab`; `none`: "
	      "the run has no such settings",
	      AXIS("ab", 0, AXIS_QUIET, .fallback = "none"), .absent = "none"),
	FIELD("closefds", WORD, CELL(later[LATER_CLOSEFDS].word),
	      "what the child closes before exec: `no`; `loop`: all from 3 to "
	      "the highest that is open, one by one (SW_CLOSE); `range`: all "
	      "at once (SW_CLOSEFDS)",
	      AXIS("closefds", 0, AXIS_QUIET, "how children close descriptors",
		   "no", .words = closings, .fields = closing_fields,
		   .ask = close_each),
	      .absent = "no"),
	FIELD("env_bytes", BYTES, CELL(later[LATER_ENV].bytes),
	      "size of the parent's environment besides its own, in entries of "
	      "4 KiB; each exec copies it",
	      AXIS("env", 0, AXIS_QUIET, "environment of the parent", "0",
		   .apply = fill_environment, .fits = environment_fits),
	      .absent = "0"),
	{ 0 },
};

const struct row_field *axis_at(size_t i)
{
	static const struct row_field *const tables[] = { cell_fields,
							  later_fields };

	for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
		for (const struct row_field *field = tables[t]; field->name;
		     field++)
			if (field->axis && !i--)
				return field;
	return NULL;
}

const struct row_field *axis_told(size_t i)
{
	const struct row_field *field;

	for (enum axis_kind kind = 0; kind < AXIS_GROUP; kind++)
		for (size_t k = 0; (field = axis_at(k)); k++)
			if (field->axis->kind == kind && !i--)
				return field;
	return NULL;
}

size_t axis_number(const char *name)
{
	const struct row_field *axis;
	size_t i = 0;

	while ((axis = axis_at(i)) && strcmp(axis->axis->name, name) != 0)
		i++;
	assert(axis);
	return i;
}

void axis_set(const struct row_field *axis, struct cell *cell,
	      union value value)
{
	void *member = (char *)cell + axis->offset;

	if (axis->kind == FIELD_WORD)
		*(const char **)member = value.word;
	else if (axis->kind == FIELD_BYTES)
		*(uint64_t *)member = value.number;
	else
		*(int *)member = (int)value.number;
}

union value axis_default(const struct row_field *axis)
{
	const char *text = axis->axis->fallback;
	union value value;

	if (axis->kind == FIELD_WORD)
		value.word = text;
	else
		value.number = strtoul(text, NULL, 10);
	return value;
}

struct units_text axis_text(const struct row_field *axis,
			    const struct cell *cell)
{
	const void *member = (const char *)cell + axis->offset;
	struct units_text made;
	char text[ROW_TEXT_BYTES];

	if (axis->kind == FIELD_BYTES)
		return size_exact(*(const uint64_t *)member);
	snprintf(made.text, sizeof made.text, "%s",
		 row_text(axis, member, text));
	return made;
}

const struct row_field *axis_beside(size_t i)
{
	const struct row_field *field;

	for (size_t k = 0; (field = axis_at(k)); k++)
		if (field->axis->kind == AXIS_QUIET &&
		    field->offset != CELL(threads) && !i--)
			return field;
	return NULL;
}

void axes_state(const struct cell *cell, char text[AXES_STATE_BYTES])
{
	const struct row_field *axis;
	struct units_text value;

	snprintf(text, AXES_STATE_BYTES, "%s/%d/%s", cell->backing,
		 cell->threads, cell->cpu);
	for (size_t i = 0; (axis = axis_beside(i)); i++) {
		value = axis_text(axis, cell);
		if (strcmp(value.text, axis->axis->fallback) != 0)
			text_join(text, AXES_STATE_BYTES, "/", "%s=%s",
				  axis->axis->name, value.text);
	}
}

struct axes_place axes_place(const struct cell *cell)
{
	const struct row_field *axis;
	struct axes_place place;

	snprintf(place.text, sizeof place.text, "%s, mode %d",
		 size_human(cell->heap_bytes).text, cell->overcommit);
	for (size_t i = 0; (axis = axis_told(i)); i++) {
		const struct units_text text = axis_text(axis, cell);

		if (axis->axis->kind != AXIS_SETTING &&
		    strcmp(text.text, axis->axis->fallback) != 0)
			text_join(place.text, sizeof place.text, ", ", "%s %s",
				  axis->axis->name, text.text);
	}
	return place;
}

struct axes_place axes_name(const struct cell *cell, char equals)
{
	const struct row_field *axis;
	struct axes_place name;

	snprintf(name.text, sizeof name.text, "%s", cell->strategy);
	for (size_t i = 0; (axis = axis_at(i)); i++) {
		const enum axis_kind kind = axis->axis->kind;
		const struct units_text text = axis_text(axis, cell);

		if (kind == AXIS_GROUP || kind == AXIS_SETTING ||
		    strcmp(text.text, axis->axis->fallback) != 0)
			text_join(name.text, sizeof name.text, "/", "%s%c%s",
				  axis->axis->name, equals, text.text);
	}
	return name;
}

const char *axis_meaning(const struct row_field *axis, const struct cell *cell)
{
	const char *const *words = axis->axis->words;
	const int number = *(const int *)((const char *)cell + axis->offset);

	return axis->kind == FIELD_COUNT && words ? words[number] : NULL;
}

unsigned axes_fields(const struct cell *cell)
{
	const struct row_field *field;
	unsigned fields = 0;

	for (size_t i = 0; (field = axis_at(i)); i++) {
		const struct axis *axis = field->axis;

		for (size_t k = 0; axis->fields && axis->words[k]; k++)
			if (!strcmp(axis_text(field, cell).text,
				    axis->words[k]))
				fields |= axis->fields[k];
	}
	return fields;
}

/* Of the cell's word among those of the axis; for another behind them. */
static int place_of(const struct row_field *axis, const struct cell *cell)
{
	const char *const *words = axis->axis->words;
	int place = 0;

	while (words && words[place] &&
	       strcmp(words[place], axis_text(axis, cell).text))
		place++;
	return place;
}

int axis_compare(const struct row_field *axis, const struct cell *a,
		 const struct cell *b)
{
	const void *left = (const char *)a + axis->offset;
	const void *right = (const char *)b + axis->offset;
	char text[ROW_TEXT_BYTES]; /* of no word */

	if (axis->kind == FIELD_WORD)
		return (place_of(axis, a) - place_of(axis, b))
			       ?: strcmp(row_text(axis, left, text),
					 row_text(axis, right, text));
	if (axis->kind == FIELD_BYTES)
		return (*(const uint64_t *)left > *(const uint64_t *)right) -
		       (*(const uint64_t *)left < *(const uint64_t *)right);
	return *(const int *)left - *(const int *)right;
}

int axes_compare(const struct cell *a, const struct cell *b)
{
	const struct row_field *axis;
	int order = 0;

	for (size_t i = 0; (axis = axis_at(i)) && !order; i++)
		order = axis_compare(axis, a, b);
	return order;
}
