/* SPDX-License-Identifier: MIT */
/*
 * spawnwise: finds the verb, runs it, and prints the error if there is one.
 *
 * The only place that prints errors and decides how the process ends.
 */

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/machine/coprocess.h"
#include "bench/machine/text.h"
#include "bench/measure/ab.h"
#include "bench/verbs/strategies.h"
#include "bench/verbs/verbs.h"

static const struct verb *find_verb(const char *name)
{
	const struct verb *const *verb = verbs;

	while (*verb && strcmp((*verb)->name, name) != 0)
		verb++;
	return *verb;
}

static int unknown_verb(const char *name, struct failure *why)
{
	return fail_unknown(why, "run verb", name, verbs,
			    offsetof(struct verb, name),
			    "`spawnwise --help` lists the verbs.");
}

static void print_overview(FILE *stream)
{
	fputs("usage: spawnwise VERB [OPTIONS]\n\n"
	      "What does starting a child process cost your program, and "
	      "which way should it\nstart one?\n\nVerbs:\n",
	      stream);
	for (size_t i = 0; verbs[i]; i++)
		fprintf(stream, "  %-9s %s\n", verbs[i]->name,
			verbs[i]->summary);
	fputs("\n`spawnwise VERB --help` shows a verb's options and examples."
	      "\n\nExamples:\n"
	      "  spawnwise run --quick\n"
	      "  spawnwise choose --heap 4G\n",
	      stream);
}

/* `spawnwise help [VERB | --scdoc]` */
static int help(int argc, char **argv, struct failure *why)
{
	const struct verb *verb;

	if (argc < 2) {
		print_overview(stdout);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--scdoc")) {
		for (size_t i = 0; verbs[i]; i++)
			options_scdoc(stdout, verbs[i]);
		return EXIT_DONE;
	}
	verb = find_verb(argv[1]);
	if (!verb)
		return unknown_verb(argv[1], why);
	options_help(stdout, verb);
	return EXIT_DONE;
}

/* For a verb that runs no command of the user's: no signal is blocked, and we
 * may read the files that we make, whatever the umask. */
static void reset_state(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(umask(0) & 077);
}

/* Where there is no /dev/null, the root serves: nothing can be written there.
 */
static int open_nothing(int flags)
{
	const int fd = open("/dev/null", O_RDONLY | flags);

	return fd < 0 ? open("/", O_PATH | flags) : fd;
}

/* Started with a standard descriptor closed, a file of ours would get its
 * number and whatever is printed. What is written to such a descriptor fails
 * then; a command gets it closed again. */
static void keep_descriptors(bool for_command)
{
	const int flags = for_command ? O_CLOEXEC : 0;
	int fd;

	do
		fd = open_nothing(flags);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static void do_nothing(int number)
{
	(void)number;
}

/* Let a write beyond RLIMIT_FSIZE (ulimit -f) fail with EFBIG, as any other
 * that cannot be done, rather than end us without a word (setrlimit(2)). A
 * handler, not SIG_IGN: exec resets it (signal(7)). */
static void tell_limits(void)
{
	const struct sigaction action = { .sa_handler = do_nothing,
					  .sa_flags = SA_RESTART };
	struct sigaction before;

	if (!sigaction(SIGXFSZ, NULL, &before) && before.sa_handler == SIG_DFL)
		sigaction(SIGXFSZ, &action, NULL);
}

static int run_verb(int argc, char **argv, struct failure *why)
{
	const struct verb *verb = find_verb(argv[0]);
	struct arguments args;
	int code;

	if (!verb)
		return unknown_verb(argv[0], why);
	code = arguments_parse(&args, verb, argc, argv, why);
	if (code)
		return verb->operands_max == OPERANDS_COMMAND ? EXIT_OURS
							      : code;
	if (args.help) {
		options_help(stdout, verb);
		return EXIT_DONE;
	}
	/* A command of the user's gets what we were given. */
	keep_descriptors(verb->operands_max == OPERANDS_COMMAND);
	if (verb->operands_max != OPERANDS_COMMAND)
		reset_state();
	return verb->run(&args, why);
}

static int dispatch(int argc, char **argv, struct failure *why)
{
	const char *word = argv[1];

	if (ab_executed()) /* by the command line of the verb */
		return run_verb(argc, argv, why);
	if (argc < 2) {
		print_overview(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
		print_overview(stdout);
		return EXIT_DONE;
	}
	if (!strcmp(word, "--version")) {
		puts("spawnwise " VERSION);
		return EXIT_DONE;
	}
	if (!strcmp(word, "help"))
		return help(argc - 1, argv + 1, why);
	return run_verb(argc - 1, argv + 1, why);
}

/* A full disk or a closed pipe must not look like success. */
static int check_output(int code, struct failure *why)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	return fail_errno(why, EXIT_FAILED, CURE_FILE, errno ? -errno : -EIO,
			  "See where its output goes.",
			  "write standard output");
}

/* A path or a name in it may hold anything. */
static void tell(const char *begin, const char *text)
{
	fputs(begin, stderr);
	text_put(text, "\n", stderr);
	fputc('\n', stderr);
}

int main(int argc, char **argv)
{
	struct failure why = { 0 };
	int code;

	/* Whatever a library asks of setlocale(3): a decimal comma would be a
	 * column more. */
	uselocale(newlocale(LC_ALL_MASK, "C", NULL));
	sigchld_was_ignored = signal(SIGCHLD, SIG_DFL) == SIG_IGN;
	tell_limits();
	code = strategies_check(sw_strategies, &why);
	if (!code)
		code = dispatch(argc, argv, &why);
	if (!why.what[0])
		code = check_output(code, &why);
	if (why.what[0])
		tell("spawnwise: cannot ", why.what);
	if (why.what[0] && why.cure[0])
		tell("", why.cure);
	return code;
}
