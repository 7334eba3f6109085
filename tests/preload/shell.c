/* SPDX-License-Identifier: MIT */
/*
 * A program that relies on what POSIX promises about system(3) and popen(3),
 * and prints what came of it: the same under every strategy as without one.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#define GUARD_S 60

static volatile sig_atomic_t interrupts, children;

static void count(int number)
{
	if (number == SIGINT)
		interrupts++;
	else
		children++;
}

static void run(const char *command)
{
	printf("%s: %#x\n", command, (unsigned)system(command));
}

static void statuses(void)
{
	printf("shell: %d\n", system(NULL) != 0);
	run("exit 0");
	run("exit 300");
	run("no-such-program 2>/dev/null");
	run("kill -9 $$");
	run("");
}

static void print_signals(const char *when)
{
	struct sigaction interrupt, quit;
	sigset_t mask;

	sigaction(SIGINT, NULL, &interrupt);
	sigaction(SIGQUIT, NULL, &quit);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	printf("%s: INT %d, QUIT %d, CHLD blocked %d, %d interrupts\n", when,
	       interrupt.sa_handler == count, quit.sa_handler == SIG_DFL,
	       sigismember(&mask, SIGCHLD), (int)interrupts);
}

/* Of the caller while it waits, and of the shell. */
static void signals(void)
{
	signal(SIGINT, count);
	signal(SIGCHLD, count);
	print_signals("before");
	run("kill -INT $PPID; kill -QUIT $PPID; kill -INT $$; exit 1");
	run("exec grep SigBlk /proc/self/status");
	print_signals("after");
	printf("children seen: %d\n", children > 0);
	signal(SIGINT, SIG_IGN);
	run("kill -INT $$; exit 2");
	signal(SIGINT, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
}

static void *shell_often(void *data)
{
	long failed = 0;

	(void)data;
	for (int i = 0; i < 20; i++)
		failed += system("exit 7") != 7 << 8;
	return (void *)failed;
}

static void threads(void)
{
	pthread_t ids[8];
	long failed = 0;

	signal(SIGINT, count);
	for (int i = 0; i < 8; i++)
		if (pthread_create(&ids[i], NULL, shell_often, NULL))
			abort();
	for (int i = 0; i < 8; i++) {
		void *result;

		pthread_join(ids[i], &result);
		failed += (long)result;
	}
	printf("threads: %ld failed\n", failed);
	print_signals("after threads");
}

static void *wait_in_shell(void *data)
{
	return (void *)(long)system(data);
}

/* The thread is in waitpid() once the shell has written. */
static void cancellation(void)
{
	char command[100];
	pthread_t thread;
	void *result;
	int ends[2];
	char byte;

	if (pipe(ends))
		abort();
	snprintf(command, sizeof command, "echo >&%d; exec sleep 100", ends[1]);
	if (pthread_create(&thread, NULL, wait_in_shell, command) ||
	    read(ends[0], &byte, 1) != 1)
		abort();
	pthread_cancel(thread);
	pthread_join(thread, &result);
	close(ends[0]);
	close(ends[1]);
	printf("cancelled: %d\n", result == PTHREAD_CANCELED);
	print_signals("after cancellation");
}

static void *stream_when_cancelled(void *data)
{
	int *status = data;

	pthread_cancel(pthread_self());
	*status = pclose(popen("exit 8", "r"));
	pthread_testcancel();
	return NULL;
}

/* glibc's popen() and pclose() are no cancellation points: a thread that ended
 * there would leave a child that nobody knows. */
static void cancelled_stream(void)
{
	int status = -1;
	pthread_t thread;
	void *result;

	if (pthread_create(&thread, NULL, stream_when_cancelled, &status))
		abort();
	pthread_join(thread, &result);
	printf("cancelled: %d, pclose: %#x\n", result == PTHREAD_CANCELED,
	       (unsigned)status);
}

static void print_stream(const char *command, const char *mode)
{
	FILE *stream = popen(command, mode);
	char line[100];

	if (!stream) {
		printf("popen %s: %s\n", mode, strerrorname_np(errno));
		return;
	}
	printf("popen %s: flags %d\n", mode, fcntl(fileno(stream), F_GETFD));
	if (strchr(mode, 'w'))
		fputs("written\n", stream);
	else
		while (fgets(line, sizeof line, stream))
			fputs(line, stdout);
	printf("pclose: %#x\n", (unsigned)pclose(stream));
}

/* Neither child holds the other's stream, or the first pclose() would hang. */
static void two_streams(void)
{
	FILE *first = popen("cat", "w");
	FILE *second = popen("cat", "w");
	FILE *third = popen("exit 3", "r");

	fputs("first\n", first);
	printf("first: %#x\n", (unsigned)pclose(first));
	fputs("second\n", second);
	printf("third: %#x\n", (unsigned)pclose(third));
	printf("second: %#x\n", (unsigned)pclose(second));
}

static void other_streams(void)
{
	/* Not by its name: gcc knows that this stream is none of its own. */
	int (*volatile close_any)(FILE *) = pclose;
	FILE *stream = fopen("/dev/null", "r");

	printf("pclose of another stream: %d\n", close_any(stream));
	signal(SIGCHLD, SIG_IGN);
	errno = 0;
	stream = popen("exit 4", "r");
	printf("pclose without a child: %d", pclose(stream));
	printf(" %s\n", strerrorname_np(errno));
	signal(SIGCHLD, SIG_DFL);
}

/* gcc warns of fclose(3) for what popen(3) opened, which is what is tested. */
static int (*volatile close_file)(FILE *) = fclose;

/* glibc's pclose(3) is its fclose(3): the shell is reaped, and the number of
 * the stream, which is another file's then, is not closed in later shells. */
static void closed_as_a_file(void)
{
	FILE *stream = popen("exit 3", "r");
	const int fd = fileno(stream);
	char command[100];

	printf("orientation: %d, %d\n", fwide(stream, 0), fwide(stream, 1));
	printf("fclose: %#x, ", (unsigned)close_file(stream));
	printf("left: %d\n", waitpid(-1, NULL, WNOHANG) > 0);
	if (open("/dev/null", O_RDONLY) != fd)
		abort();
	snprintf(command, sizeof command, "cat <&%d; echo read", fd);
	print_stream(command, "r");
	close(fd);
}

/* The shell says nothing, so pclose(3) tells of what was not written. */
static void unwritten(const char *command)
{
	FILE *stream = popen(command, "w");
	siginfo_t info;

	waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
	fputs("text", stream);
	printf("unwritten: %d\n", pclose(stream));
}

static void unwritten_streams(void)
{
	signal(SIGPIPE, SIG_IGN);
	unwritten("exit 0");
	unwritten("exit 3");
	signal(SIGPIPE, SIG_DFL);
}

/* The pipe gets the numbers that the shell is to have. */
static void closed_stdin(void)
{
	const int kept = dup(0);
	FILE *stream;

	close(0);
	stream = popen("cat; exit 2", "w");
	fputs("through descriptor 0\n", stream);
	printf("closed stdin: %#x\n", (unsigned)pclose(stream));
	dup2(kept, 0);
	close(kept);
}

int main(void)
{
	alarm(GUARD_S);
	setvbuf(stdout, NULL, _IONBF, 0);
	statuses();
	signals();
	threads();
	cancellation();
	cancelled_stream();
	print_stream("echo hello; exit 5", "r");
	print_stream("cat; exit 6", "w");
	print_stream("echo hello", "re");
	print_stream("echo hello", "rw");
	print_stream("echo hello", "x");
	print_stream("echo hello", "");
	two_streams();
	other_streams();
	closed_as_a_file();
	unwritten_streams();
	closed_stdin();
	printf("children left: %d\n", waitpid(-1, NULL, 0) > 0);
	return 0;
}
