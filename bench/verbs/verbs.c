/* SPDX-License-Identifier: MIT */
/*
 * Reading a command line by a verb's table of options, and telling the table.
 *
 * getopt_long(3) does the work. Its messages are switched off: ours name the
 * cure, and only main.c prints.
 *
 * Longer than other files: what reads the table and what tells it must agree.
 */

#include "bench/verbs/verbs.h"

#include <assert.h>
#include <getopt.h>
#include <string.h>

#include "bench/show/table.h"

/* Values that getopt_long returns for row N of a table: above every letter,
 * so that '?' and ':' stay what they mean. */
#define KEY_FIRST 256

/* All options of a verb: its own, one for each axis where the table says so,
 * and --help; then a row without a name. */
static void list_options(const struct verb *verb, struct option_spec *specs)
{
	const struct option_spec *const first = specs;
	const struct row_field *axis;

	for (const struct option_spec *own = verb->options; own && own->name;
	     own++) {
		if (own->kind != OPTION_AXES)
			*specs++ = *own;
		for (size_t i = 0;
		     own->kind == OPTION_AXES && (axis = axis_at(i)); i++) {
			*specs = option_of_axis(axis);
			specs->kind = OPTION_LATER;
			specs += specs->help != NULL;
		}
		assert(specs - first < OPTIONS_MAX);
	}
	*specs++ =
		(struct option_spec)OPTION("help", 'h', HELP, "say all this");
	*specs = (struct option_spec){ 0 };
}

/* Options in the form that getopt_long wants. */
struct getopt_form {
	struct option rows[OPTIONS_MAX + 2];
	char letters[2 * OPTIONS_MAX + 4];
};

static void getopt_form_init(struct getopt_form *form,
			     const struct option_spec *specs, bool command)
{
	char *letter = form->letters;

	/* '+' ends the options at the first operand; ':' tells a missing value
	 * from an unknown option. */
	if (command)
		*letter++ = '+';
	*letter++ = ':';
	for (int row = 0; specs[row].name; row++) {
		const bool has_value = option_placeholder(&specs[row]);

		form->rows[row] =
			(struct option){ specs[row].name,
					 has_value ? required_argument : 0,
					 NULL, KEY_FIRST + row };
		if (!specs[row].letter)
			continue;
		*letter++ = specs[row].letter;
		if (has_value)
			*letter++ = ':';
	}
}

/* The row for what getopt_long returned. */
static int option_row(const struct option_spec *specs, int key)
{
	int row = 0;

	if (key >= KEY_FIRST)
		return key - KEY_FIRST;
	while (specs[row].letter != key)
		row++;
	return row;
}

static bool is_short_for_several(const char *word, const char *const *names,
				 size_t count)
{
	int fits = 0;

	for (size_t i = 0; i < count && *word; i++)
		fits += !strncmp(names[i], word, strlen(word));
	return fits > 1;
}

static int unknown_option(const struct arguments *args, const char *text,
			  struct failure *why)
{
	const struct verb *verb = args->verb;
	const char *names[OPTIONS_MAX + 1];
	const char *name = text + strspn(text, "-");
	const char *command = "";
	size_t count = 0;
	char word[64];

	for (; args->specs[count].name; count++)
		names[count] = args->specs[count].name;
	snprintf(word, sizeof word, "%.*s", (int)strcspn(name, "="), name);
	if (!strncmp(verb->operands ? verb->operands : "", "[--", 3))
		command = " Options of a command to measure go after a --.";
	fail_cure(why, "`spawnwise %s --help` lists the options.%s", verb->name,
		  command);
	fail_suggest(why, "--", word, names, count);
	return fail(why, EXIT_USAGE, NULL, "read option '%s': %s", text,
		    is_short_for_several(word, names, count)
			    ? "it is short for several"
			    : "there is no such option");
}

/* What getopt_long calls '?' or ':'. optopt is then a letter, the row of a
 * long option, or 0 for a long option that it does not know. */
static int bad_option(const struct arguments *args, int key,
		      struct failure *why)
{
	const char *text = args->argv[optind - 1];
	char letter[3] = { '-', (char)optopt, '\0' };

	if (optopt > 0 && optopt < KEY_FIRST)
		text = letter;
	if (key == '?' && optopt < KEY_FIRST)
		return unknown_option(args, text, why);
	fail_cure(why, "`spawnwise %s --help` shows how it is written.",
		  args->verb->name);
	return fail(why, EXIT_USAGE, NULL, "read option '%s': %s", text,
		    key == ':' ? "its value is missing" : "it takes no value");
}

static int check_operands(const struct arguments *args, struct failure *why)
{
	const struct verb *verb = args->verb;

	if (args->operand_count >= verb->operands_min &&
	    args->operand_count <= verb->operands_max)
		return 0;
	fail_cure(why, "`spawnwise %s --help` shows how it is used.",
		  verb->name);
	if (args->operand_count < verb->operands_min)
		return fail(why, EXIT_USAGE, NULL, "run %s: %s is missing",
			    verb->name, verb->operands);
	return fail(why, EXIT_USAGE, NULL,
		    "read '%s': %s takes no such operand",
		    args->operands[verb->operands_max], verb->name);
}

static int read_text(struct arguments *args, int row, const char *text,
		     struct failure *why)
{
	const struct option_spec *spec = &args->specs[row];

	return option_read(args->verb->name, spec, text,
			   args->options + spec->offset, why);
}

/* Fill the verb's struct. */
static int read_values(struct arguments *args, struct failure *why)
{
	int code = 0;

	for (int i = 0; i < args->each_count && !code; i++)
		code = read_text(args, args->each[i].row, args->each[i].value,
				 why);
	for (int row = 0; args->specs[row].name && !code; row++) {
		const struct option_spec *spec = &args->specs[row];
		const char *text = args->values[row];

		if (spec->kind == OPTION_LATER || spec->kind == OPTION_HELP)
			continue;
		assert(spec->offset < sizeof args->options);
		if (!text)
			text = spec->fallback;
		if (text && !spec->each)
			code = read_text(args, row, text, why);
		else if (spec->required)
			code = option_missing(spec, why);
	}
	return code;
}

int arguments_parse(struct arguments *args, const struct verb *verb, int argc,
		    char **argv, struct failure *why)
{
	struct getopt_form form = { 0 };
	int key, row;

	*args = (struct arguments){ .verb = verb, .argc = argc, .argv = argv };
	list_options(verb, args->specs);
	getopt_form_init(&form, args->specs,
			 verb->operands_max == OPERANDS_COMMAND);
	opterr = 0;
	optind = 0; /* glibc: start anew, and look at '+' again */
	while ((key = getopt_long(argc, argv, form.letters, form.rows, NULL)) !=
	       -1) {
		if (key == '?' || key == ':')
			return bad_option(args, key, why);
		row = option_row(args->specs, key);
		args->values[row] = optarg ? optarg : "";
		args->help |= args->specs[row].kind == OPTION_HELP;
		if (!args->specs[row].each)
			continue;
		if (args->each_count == EACH_MAX)
			return fail(why, EXIT_USAGE, "Give fewer.",
				    "read option '--%s': that is one too many",
				    args->specs[row].name);
		args->each[args->each_count].row = row;
		args->each[args->each_count++].value = optarg;
	}
	args->operands = argv + optind;
	args->operand_count = argc - optind;
	if (args->help)
		return 0;
	key = check_operands(args, why);
	return key ? key : read_values(args, why);
}

static int find_row(const struct arguments *args, const char *name)
{
	int row = 0;

	while (strcmp(args->specs[row].name, name) != 0)
		row++;
	return row;
}

bool argument_given(const struct arguments *args, const char *name)
{
	return args->values[find_row(args, name)] != NULL;
}

const char *argument_value(const struct arguments *args, const char *name)
{
	const int row = find_row(args, name);

	return args->values[row] ? args->values[row]
				 : args->specs[row].fallback;
}

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
	const char *placeholder = option_placeholder(spec);
	char text[OPTION_TEXT_BYTES];
	int used = spec->letter ? fprintf(stream, "  -%c, ", spec->letter)
				: fprintf(stream, "      ");

	used += fprintf(stream, "--%s%s%s", spec->name, placeholder ? " " : "",
			placeholder ? placeholder : "");
	if (used >= HELP_COLUMN - 1) {
		fputc('\n', stream);
		used = 0;
	}
	fprintf(stream, "%*s", HELP_COLUMN - used, "");
	option_describe(spec, text);
	used = lines_print(stream, text, HELP_COLUMN, HELP_COLUMN,
			   lines_columns(stream));
	if (spec->fallback)
		print_default(stream, spec->fallback, used);
	fputc('\n', stream);
}

void options_help(FILE *stream, const struct verb *verb)
{
	struct option_spec specs[OPTIONS_MAX + 2];
	int used;

	fprintf(stream, "usage: spawnwise %s [OPTIONS]%s%s\n", verb->name,
		verb->operands ? " " : "", verb->operands ?: "");
	used = fprintf(stream, "\n%s:", verb->name) - 1;
	lines_print(stream, verb->summary, 0, used, lines_columns(stream) - 1);
	fputs(".\n", stream);
	if (verb->details) {
		fputc('\n', stream);
		lines_print(stream, verb->details, 0, 0, lines_columns(stream));
		fputc('\n', stream);
	}
	fputs("\nOptions:\n", stream);
	list_options(verb, specs);
	for (int row = 0; specs[row].name; row++)
		print_option(stream, &specs[row]);
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
	const char *placeholder = option_placeholder(spec);
	char text[OPTION_TEXT_BYTES];

	option_describe(spec, text);
	fputc('*', stream);
	if (spec->letter)
		fprintf(stream, "-%c*, *", spec->letter);
	fprintf(stream, "--%s*", spec->name);
	if (placeholder) {
		fputs(" _", stream);
		print_escaped(stream, placeholder);
		fputc('_', stream);
	}
	fputs("\n\t", stream);
	print_escaped(stream, text);
	if (spec->fallback) {
		fputs(" (default: ", stream);
		print_escaped(stream, spec->fallback);
		fputc(')', stream);
	}
	fputs(".\n\n", stream);
}

void options_scdoc(FILE *stream, const struct verb *verb)
{
	struct option_spec specs[OPTIONS_MAX + 2];

	fprintf(stream, "## spawnwise %s\n\n", verb->name);
	print_escaped(stream, verb->summary);
	fputs(".\n\n", stream);
	if (verb->details) {
		print_escaped(stream, verb->details);
		fputs("\n\n", stream);
	}
	list_options(verb, specs);
	for (int row = 0; specs[row].kind != OPTION_HELP; row++)
		scdoc_option(stream, &specs[row]);
	fputs("```\n", stream);
	for (int i = 0; verb->examples[i]; i++)
		fprintf(stream, "%s\n", verb->examples[i]);
	fputs("```\n\n", stream);
}
