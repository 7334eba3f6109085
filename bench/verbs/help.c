/* SPDX-License-Identifier: MIT */
/*
 * What a verb says about itself: --help, the man page, a correction.
 *
 * Everything comes out of the verb's own table, the one that also reads its
 * command line.
 */

#include "bench/verbs/options.h"

#include <string.h>

#include "bench/show/lines.h"
#include "bench/verbs/verbs.h"

static const struct option_spec option_help = { "help", 'h', NULL,
						"say all this", NULL };

/* "  -n, --count N", in the columns where the help text begins. */
#define HELP_COLUMN 26

/* The default stays in one piece, on a line of its own if it must. */
static void print_default(FILE *stream, const char *fallback, int used)
{
	if (used + (int)strlen(fallback) + 12 > lines_columns(stream))
		fprintf(stream, "\n%*s", HELP_COLUMN - 1, "");
	fprintf(stream, " (default: %s)", fallback);
}

static void print_option(FILE *stream, const struct option_spec *spec)
{
	int used = spec->letter ? fprintf(stream, "  -%c, ", spec->letter)
				: fprintf(stream, "      ");

	used += fprintf(stream, "--%s%s%s", spec->name,
			spec->placeholder ? " " : "",
			spec->placeholder ? spec->placeholder : "");
	if (used >= HELP_COLUMN - 1) {
		fputc('\n', stream);
		used = 0;
	}
	fprintf(stream, "%*s", HELP_COLUMN - used, "");
	used = lines_print(stream, spec->help, HELP_COLUMN, HELP_COLUMN,
			   lines_columns(stream));
	if (spec->fallback)
		print_default(stream, spec->fallback, used);
	fputc('\n', stream);
}

static void print_usage(FILE *stream, const struct verb *verb)
{
	fprintf(stream, "spawnwise %s [OPTIONS]%s%s\n", verb->name,
		verb->operands ? " " : "",
		verb->operands ? verb->operands : "");
}

void options_help(FILE *stream, const struct verb *verb)
{
	int used;

	fputs("usage: ", stream);
	print_usage(stream, verb);
	used = fprintf(stream, "\n%s:", verb->name) - 1;
	lines_print(stream, verb->summary, 0, used, lines_columns(stream) - 1);
	fputs(".\n", stream);
	if (verb->details) {
		fputc('\n', stream);
		lines_print(stream, verb->details, 0, 0, lines_columns(stream));
		fputc('\n', stream);
	}
	fputs("\nOptions:\n", stream);
	for (int row = 0; verb->options[row].name; row++)
		print_option(stream, &verb->options[row]);
	print_option(stream, &option_help);
	fputs("\nExamples:\n", stream);
	for (int i = 0; verb->examples[i]; i++)
		fprintf(stream, "  %s\n", verb->examples[i]);
}

/* scdoc(5) takes underscores and asterisks in text as emphasis. */
static void print_escaped(FILE *stream, const char *text)
{
	for (; *text; text++) {
		if (strchr("_*\\<>#", *text))
			fputc('\\', stream);
		fputc(*text, stream);
	}
}

static void scdoc_option(FILE *stream, const struct option_spec *spec)
{
	fputc('*', stream);
	if (spec->letter)
		fprintf(stream, "-%c*, *", spec->letter);
	fprintf(stream, "--%s*", spec->name);
	if (spec->placeholder) {
		fputs(" _", stream);
		print_escaped(stream, spec->placeholder);
		fputc('_', stream);
	}
	fputs("\n\t", stream);
	print_escaped(stream, spec->help);
	if (spec->fallback) {
		fputs(" (default: ", stream);
		print_escaped(stream, spec->fallback);
		fputc(')', stream);
	}
	fputs(".\n\n", stream);
}

void options_scdoc(FILE *stream, const struct verb *verb)
{
	fprintf(stream, "## spawnwise %s\n\n", verb->name);
	print_escaped(stream, verb->summary);
	fputs(".\n\n", stream);
	if (verb->details) {
		print_escaped(stream, verb->details);
		fputs("\n\n", stream);
	}
	for (int row = 0; verb->options[row].name; row++)
		scdoc_option(stream, &verb->options[row]);
	fputs("```\n", stream);
	for (int i = 0; verb->examples[i]; i++)
		fprintf(stream, "%s\n", verb->examples[i]);
	fputs("```\n\n", stream);
}

#define WORD_MAX 31 /* a longer word is nobody's misspelling */

/* Edits between two words: letters added, dropped, changed, or swapped with
 * their neighbour (optimal string alignment). */
static size_t edit_distance(const char *from, const char *to)
{
	const size_t rows = strlen(from), columns = strlen(to);
	size_t cost[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= rows; i++)
		cost[i][0] = i;
	for (size_t j = 0; j <= columns; j++)
		cost[0][j] = j;
	for (size_t i = 1; i <= rows; i++) {
		for (size_t j = 1; j <= columns; j++) {
			const bool same = from[i - 1] == to[j - 1];
			size_t best = cost[i - 1][j - 1] + !same;

			if (cost[i - 1][j] + 1 < best)
				best = cost[i - 1][j] + 1;
			if (cost[i][j - 1] + 1 < best)
				best = cost[i][j - 1] + 1;
			if (i > 1 && j > 1 && from[i - 1] == to[j - 2] &&
			    from[i - 2] == to[j - 1] &&
			    cost[i - 2][j - 2] + 1 < best)
				best = cost[i - 2][j - 2] + 1;
			cost[i][j] = best;
		}
	}
	return cost[rows][columns];
}

const char *nearest_word(const char *word, const char *const *words,
			 size_t count)
{
	const size_t length = strlen(word);
	size_t best = length / 3 > 1 ? length / 3 : 1;
	const char *nearest = NULL;

	if (!length || length > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t edits;

		if (strlen(words[i]) > WORD_MAX)
			continue;
		edits = edit_distance(word, words[i]);
		if (edits > best || (edits == best && nearest))
			continue;
		best = edits;
		nearest = words[i];
	}
	return nearest;
}
