/* SPDX-License-Identifier: MIT */
/*
 * Reading the value of an option, with one sentence for each kind of mistake;
 * see option.h.
 *
 * Longer than other files: all kinds of value are here.
 */

#include "bench/verbs/option.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/machine/text.h"
#include "bench/machine/units.h"
#include "bench/measure/ab.h"
#include "bench/verbs/strategies.h"

#define ITEM_LENGTH 64

/* The kinds: how a value is called in --help, and what is wrong with one that
 * cannot be read. */
static const struct {
	const char *placeholder, *fault;
} kinds[] = {
	[OPTION_SWITCH] = { NULL, "" },
	[OPTION_HELP] = { NULL, "" },
	[OPTION_TEXT] = { "TEXT", "" },
	[OPTION_WORD] = { "NAME", "is not known" },
	[OPTION_STRATEGY] = { "NAME", "is no name" },
	[OPTION_PLUGIN] = { "FILE", "" },
	[OPTION_SETTING] = { "LABEL=SETTING", "" },
	[OPTION_COUNT] = { "N", "is not a whole number" },
	[OPTION_PID] = { "PID", "is not a whole number from 1 on" },
	[OPTION_SIZE] = { "SIZE", "is not a size such as 0, 64M or 1.5GiB" },
	[OPTION_HEAP] = { "SIZE", "is not a size such as 0, 64M or 1.5GiB" },
	[OPTION_TIME] = { "TIME", "is not a time such as 100ms or 2s" },
};

static int find_word(const char *const *words, const char *text,
		     const char **found)
{
	while (*words && strcmp(*words, text))
		words++;
	*found = *words;
	return *words ? 0 : -ENOENT;
}

/* A value as the option's kind reads it. */
static int read_value(const struct option_spec *spec, const char *text,
		      union value *value)
{
	const bool pid = spec->kind == OPTION_PID;
	long count = 0;
	int error;

	switch (spec->kind) {
	case OPTION_WORD:
		return find_word(spec->words, text, &value->word);
	case OPTION_STRATEGY:
		if (!strategy_find(text))
			return -ENOENT;
		value->word = strategy_find(text)->name;
		return 0;
	case OPTION_COUNT:
	case OPTION_PID:
		error = count_parse(text, pid ? 1 : (long)spec->low,
				    pid ? INT_MAX : (long)spec->high, &count);
		value->number = (uint64_t)count;
		return error;
	case OPTION_SIZE:
		return size_parse(text, &value->number);
	case OPTION_HEAP:
		error = size_parse(text, &value->number);
		if (!error && value->number % (uint64_t)sysconf(_SC_PAGESIZE))
			error = -EDOM;
		return error;
	case OPTION_TIME:
		error = span_parse(text, &value->number);
		return !error && value->number < spec->low ? -EDOM : error;
	default:
		value->word = text;
		return 0;
	}
}

/* What is wrong with a value, which the sentence has named. */
static const char *reason_of(const struct option_spec *spec, int error)
{
	const bool size =
		spec->kind == OPTION_SIZE || spec->kind == OPTION_HEAP;

	switch (error) {
	case -EEXIST:
		return spec->what ? "stands there twice" : "is there twice";
	case -ENOSPC:
		return "is one too many";
	case -EDOM:
		return size ? "is not a multiple of the page size"
			    : "is too short";
	case -ERANGE:
		return size ? "is larger than 16 EiB" : "is out of range";
	default:
		return kinds[spec->kind].fault;
	}
}

/* "a, b or c" */
static void join_words(const char *const *words, char *text, size_t bytes)
{
	*text = '\0';
	for (; words && *words; words++)
		text_join(text, bytes, words[1] ? ", " : " or ", "%s", *words);
}

static void hint_at(const struct option_spec *spec, int error,
		    struct failure *why)
{
	char words[128];

	join_words(spec->words, words, sizeof words);
	if (error == -EEXIST)
		fail_cure(why, "Give several values with commas between them, "
			       "each once.");
	else if (spec->hint)
		fail_cure(why, "%s", spec->hint);
	else if (error == -ENOSPC)
		fail_cure(why, "Give at most %u.", spec->list);
	else if (spec->kind == OPTION_WORD)
		fail_cure(why, "Use --%s %s.", spec->name, words);
	else if (spec->kind == OPTION_COUNT)
		fail_cure(why, "Give a whole number from %llu to %llu.",
			  (unsigned long long)spec->low,
			  (unsigned long long)spec->high);
	else if (spec->kind == OPTION_PID)
		fail_cure(why, "Give the number of one process, as `pgrep "
			       "NAME` prints it, with --pid.");
	else if (spec->kind == OPTION_TIME)
		fail_cure(why,
			  "Write it as 100ms, 2s, 1m, 1h or 1d, not shorter "
			  "than %llums.",
			  (unsigned long long)spec->low / 1000000);
	else
		fail_cure(why, "A size is a multiple of the page size and must "
			       "fit into this machine: 0, 64M, 1G, 1.5G.");
}

/* item: of a list, or NULL. */
static int bad_value(const char *verb, const struct option_spec *spec,
		     const char *text, const char *item, int error,
		     struct failure *why)
{
	const char *reason = reason_of(spec, error);

	if (spec->kind == OPTION_STRATEGY && error == -ENOENT)
		return fail_unknown_strategy(why, item ? item : text);
	hint_at(spec, error, why);
	if (spec->what && item)
		return fail(why, EXIT_USAGE, NULL, "%s '%s' of '%s': it %s",
			    spec->what, item, text, reason);
	if (spec->what)
		return fail(why, EXIT_USAGE, NULL, "%s '%s': it %s", spec->what,
			    text, reason);
	if (item)
		return fail(why, EXIT_USAGE, NULL, "%s --%s %s: \"%s\" %s",
			    verb, spec->name, text, item, reason);
	return fail(why, EXIT_USAGE, NULL, "%s --%s %s: it %s", verb,
		    spec->name, text, reason);
}

/* "1G,1024M" is the same twice. */
static int take_value(const struct option_spec *spec, const char *item,
		      struct value_list *list)
{
	union value value;
	int error = read_value(spec, item, &value);

	for (size_t i = 0; i < list->count && !error; i++)
		if (spec->kind == OPTION_WORD || spec->kind == OPTION_STRATEGY
			    ? list->values[i].word == value.word
			    : list->values[i].number == value.number)
			error = -EEXIST;
	if (!error && list->count == spec->list)
		error = -ENOSPC;
	if (!error)
		list->values[list->count++] = value;
	return error;
}

/* Values with commas between them; item: the one that cannot be. */
static int read_list(const struct option_spec *spec, const char *text,
		     struct value_list *list, char item[ITEM_LENGTH])
{
	for (;; text++) {
		const int length = (int)strcspn(text, ",");
		int error = -EINVAL;

		snprintf(item, ITEM_LENGTH, "%.*s", length, text);
		if (length > 0 && length < ITEM_LENGTH)
			error = take_value(spec, item, list);
		text += length;
		if (error || !*text)
			return error;
	}
}

int option_read(const char *verb, const struct option_spec *spec,
		const char *text, void *member, struct failure *why)
{
	union value value;
	char item[ITEM_LENGTH];
	const char *fault;
	int error;

	if (spec->kind == OPTION_STRATEGY && !*text)
		return fail(why, EXIT_USAGE,
			    "Did `spawnwise choose` find none? It then prints "
			    "nothing and exits with 1.",
			    "%s: the name of the strategy is empty", verb);
	if (spec->kind == OPTION_PLUGIN)
		return plugin_load(text, why);
	if (spec->kind == OPTION_SETTING) {
		fault = ab_add(member, text);
		return fault ? fail(why, EXIT_USAGE, spec->hint,
				    "%s --%s %s: it %s", verb, spec->name, text,
				    fault)
			     : 0;
	}
	if (spec->kind == OPTION_SWITCH) {
		*(bool *)member = true;
		return 0;
	}
	if (spec->list) {
		error = read_list(spec, text, member, item);
		return error ? bad_value(verb, spec, text, item, error, why)
			     : 0;
	}
	error = read_value(spec, text, &value);
	if (error)
		return bad_value(verb, spec, text, NULL, error, why);
	if (spec->kind == OPTION_STRATEGY)
		*(const struct sw_strategy **)member = strategy_find(text);
	else if (spec->kind == OPTION_TEXT || spec->kind == OPTION_WORD)
		*(const char **)member = value.word;
	else
		*(uint64_t *)member = value.number;
	return 0;
}

struct option_spec option_of_axis(const struct row_field *field)
{
	const struct axis *axis = field->axis;

	return (struct option_spec){
		.name = axis->name,
		.letter = axis->letter,
		.kind = field->kind == FIELD_WORD    ? OPTION_WORD
			: field->kind == FIELD_BYTES ? OPTION_HEAP
						     : OPTION_COUNT,
		.help = axis->help,
		.fallback = axis->fallback,
		.words = field->kind == FIELD_WORD ? axis->words : NULL,
		.high = (uint64_t)field->most,
		.list = AXIS_VALUES_MAX,
	};
}

int option_missing(const struct option_spec *spec, struct failure *why)
{
	hint_at(spec, 0, why);
	return fail(why, EXIT_USAGE, NULL, "%s: --%s is missing",
		    spec->required, spec->name);
}

const char *option_placeholder(const struct option_spec *spec)
{
	if (spec->placeholder)
		return spec->placeholder;
	return spec->list ? "LIST" : kinds[spec->kind].placeholder;
}

void option_describe(const struct option_spec *spec,
		     char text[OPTION_TEXT_BYTES])
{
	char words[128];

	/* The only word that there is stands for the value. */
	join_words(spec->words && spec->words[1] ? spec->words : NULL, words,
		   sizeof words);
	snprintf(text, OPTION_TEXT_BYTES, "%s%s%s", spec->help,
		 *words ? ": " : "", words);
}
