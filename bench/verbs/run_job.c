/* SPDX-License-Identifier: MIT */
/* A job; see run_job.h. */

#include "bench/verbs/run_job.h"

#include <errno.h>
#include <ini.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/files/run_dir.h"
#include "bench/machine/coprocess.h"
#include "bench/machine/text.h"
#include "bench/verbs/run_request.h"
#include "bench/verbs/strategies.h"

struct reading {
	FILE *stream;
	int line;
	const char *path;
	const struct option_spec *options;
	struct failure *why;
	json_t *defaults, *sections, *words; /* of the section at hand */
};

/* inih tells neither the line it is at nor a section without keys. What begins
 * with a blank, and the rest of a long line, would be more of the value before.
 */
static char *next_line(char *text, int bytes, void *data)
{
	struct reading *reading = data;
	char name[50] = ".", *begin = text;

	reading->line++;
	if (!fgets(text, bytes, reading->stream))
		return NULL;
	if (!strchr(text, '\n') && !feof(reading->stream))
		fail(reading->why, EXIT_USAGE, "Make it shorter.",
		     "read %s:%d: the line is too long", reading->path,
		     reading->line);
	if (reading->line == 1 && !strncmp(text, "\xef\xbb\xbf", 3))
		begin += 3; /* a byte order mark */
	begin += strspn(begin, " \t");
	memmove(text, begin, strlen(begin) + 1);
	if (*text != '[')
		return text;
	sscanf(text, "[%49[^]\n]", name);
	reading->words = reading->defaults;
	if (!strcmp(name, "global"))
		return text;
	if ((strchr(name, '/') || *name == '.' ||
	     json_object_get(reading->sections, name) ||
	     json_object_set_new(reading->sections, name, /* or no UTF-8 */
				 json_copy(reading->defaults))) &&
	    !*reading->why->what)
		fail(reading->why, EXIT_USAGE,
		     "Each has a folder of its own, DIR/NAME.",
		     "read %s:%d: [%s] is no name of a section, or another's",
		     reading->path, reading->line, name);
	reading->words = json_object_get(reading->sections, name);
	return text;
}

static int take_pair(void *data, const char *section, const char *key,
		     const char *value)
{
	const struct reading *reading = data;
	const struct option_spec *option = NULL, *each = reading->options;
	const char *keys[OPTIONS_MAX + 1], *near;
	size_t count = 0;

	(void)section;
	for (; each->name; each++)
		if (!each->no_key && each->kind != OPTION_HELP) {
			keys[count++] = each->name;
			option = strcmp(key, each->name) ? option : each;
		}
	if (option) /* fails for what is not UTF-8 */
		return !json_array_append_new(
			reading->words,
			option_placeholder(option) || strcmp(value, "yes")
				? json_sprintf("--%s=%s", key, value)
				: json_sprintf("--%s", key));
	near = nearest_word(key, keys, count);
	if (!*reading->why->what) /* inih goes on */
		fail(reading->why, EXIT_USAGE,
		     "Keys are the options of `spawnwise run --help`.",
		     "read %s:%d: unknown key \"%s\"%s%s%s", reading->path,
		     reading->line, key, near ? "; did you mean \"" : "",
		     near ?: "", near ? "\"?" : "");
	return 0;
}

json_t *job_read(FILE *stream, const char *path,
		 const struct option_spec *options, struct failure *why)
{
	json_t *sections = json_object(), *defaults = json_pack("[s]", "run");
	struct reading reading = { stream, 0,	     path,     options,
				   why,	   defaults, sections, defaults };
	const int line =
		ini_parse_stream(next_line, &reading, take_pair, &reading);

	json_decref(defaults);
	if (!*why->what && (line || !json_object_size(sections)))
		fail(why, EXIT_USAGE,
		     "Its lines are [NAME], KEY = VALUE, or begin with ;.",
		     "read %s:%d: it is %s", path, line ?: reading.line,
		     line ? "neither a section nor a key with its value"
			  : "the end, and there was no section");
	if (!*why->what)
		return sections;
	json_decref(sections);
	return NULL;
}

/* They end a section, and the job with it. */
static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
#define ENDING (sizeof ending / sizeof *ending)

static volatile sig_atomic_t section_pid, signalled;

static void hand_on(int number)
{
	signalled = number;
	if (section_pid)
		kill(section_pid, number);
}

struct job {
	const struct arguments *args;
	const char *folder;
	sighandler_t before[ENDING]; /* what ending[] did */
	bool check;		     /* tells faults only */
	bool apart;		     /* we are the process of a section */
};

/* What stands on the command line holds before what the file says; a run that
 * was begun goes on as it was asked for. */
static int run_section(const struct job *job, const json_t *words,
		       const char *folder, bool begun, struct failure *why)
{
	const struct arguments *args = job->args;
	const size_t count = json_array_size(words);
	char **argv = calloc(count + (size_t)args->argc, sizeof *argv);
	struct arguments section;
	struct options *options = (void *)section.options;
	int code;

	if (!argv)
		return fail_errno(why, EXIT_FAILED, CURE_SELF, -ENOMEM, NULL,
				  "begin");
	for (size_t i = 0; i < count; i++)
		argv[i] = (char *)json_string_value(json_array_get(words, i));
	memcpy(argv + count, args->argv + 1, (size_t)args->argc * sizeof *argv);
	plugins_forget();
	code = arguments_parse(&section, args->verb,
			       (int)count + args->argc - 1, argv, why);
	if (!code) {
		if (begun)
			memset(section.values, 0, sizeof section.values);
		options->job = NULL;
		options->out = folder;
		options->resume = begun ? folder : NULL;
		options->dry_run |= job->check;
		code = section.verb->run(&section, why);
	}
	free(argv);
	return code;
}

/* In a process of its own, since a run keeps the lock of the setting until its
 * process ends. */
static int run_apart(struct job *job, const char *name, const json_t *words,
		     struct failure *why)
{
	char folder[PATH_MAX + 64];
	struct failure unread;
	struct coprocess process;
	json_t *host = NULL;
	bool begun, finished;
	int status, code;

	snprintf(folder, sizeof folder, "%s/%s", job->folder, name);
	begun = argument_given(job->args, "resume") &&
		!host_read(folder, &host, &unread);
	finished = json_is_false(json_object_get(host, "interrupted"));
	json_decref(host);
	if (!job->check)
		text_print(stdout, "[%s]%s\n", name,
			   finished ? " is finished." : "");
	fflush(stdout);
	if (finished)
		return EXIT_DONE;
	code = fail_errno(why, EXIT_FAILED, CURE_SELF,
			  coprocess_fork(&process, NULL), NULL,
			  "run section [%s]", name);
	if (code)
		return code;
	if (process.pid) {
		section_pid = process.pid;
		while (waitpid(process.pid, &status, 0) < 0 && errno == EINTR)
			;
		section_pid = 0;
		close(process.socket);
		return WIFEXITED(status) && !signalled ? WEXITSTATUS(status)
						       : EXIT_INTERRUPTED;
	}
	job->apart = true;
	for (size_t i = 0; i < ENDING; i++)
		signal(ending[i], job->before[i]);
	if (job->check)
		dup2(coprocess_sink(), STDOUT_FILENO);
	code = run_section(job, words, folder, begun, why);
	return *why->what
		       ? fail_because(why, code, NULL, "run section [%s]", name)
		       : code;
}

int run_job(const struct arguments *args, struct failure *why)
{
	const struct options *options = (const void *)args->options;
	struct job job = { .args = args };
	FILE *stream;
	int code = EXIT_DONE, worst = EXIT_DONE;
	json_t *sections, *words;
	struct run_dir dir;
	const char *name;

	if (options->resume &&
	    (argument_given(args, "out") || access(options->resume, X_OK)))
		return fail(why, EXIT_USAGE,
			    "Name the folder of the job that was interrupted; "
			    "what is measured anew goes there, too.",
			    "run --job with --resume %s", options->resume);
	stream = fopen(options->job, "re");
	if (!stream)
		return fail_errno(why, EXIT_USAGE, CURE_FILE, -errno,
				  "Name a file.", "read %s", options->job);
	sections = job_read(stream, options->job, args->specs, why);
	fclose(stream);
	for (size_t i = 0; i < ENDING; i++) {
		job.before[i] = signal(ending[i], hand_on);
		if (job.before[i] == SIG_IGN)
			signal(ending[i], SIG_IGN);
	}
	run_dir_choose(&dir, options->out); /* each section looks at its own */
	job.folder = options->resume ?: dir.path;
	for (int round = options->dry_run; sections && round < 2; round++) {
		job.check = !round;
		json_object_foreach(sections, name, words)
		{
			code = run_apart(&job, name, words, why);
			if (code && (!worst || worst == EXIT_PARTLY))
				worst = code;
			if (job.apart || code == EXIT_INTERRUPTED ||
			    (code && job.check))
				goto out;
		}
	}
	code = sections ? worst : EXIT_USAGE;
out:
	json_decref(sections);
	return code;
}
