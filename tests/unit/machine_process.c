/* SPDX-License-Identifier: MIT */
/*
 * Other processes: recorded and odd texts of /proc, and processes of our own
 * that live, have ended, or are not whom they were.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/machine/process.h"
#include "bench/machine/text.h"
#include "tests/unit/source.h"

#define KIB 1024ULL

static FILE *recorded(const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "tests/data/proc/%s", name);
	FILE *stream = fopen(path, "re");
	assert_non_null(stream);
	return stream;
}

static FILE *text(const char *content)
{
	FILE *stream =
		fmemopen((void *)(uintptr_t)content, strlen(content), "r");

	assert_non_null(stream);
	return stream;
}

/* A child that waits to be killed. */
static pid_t sleeper(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!pid)
		pause();
	return pid;
}

/* Kill it; it stays a zombie until it is reaped. */
static void kill_it(pid_t pid)
{
	siginfo_t end;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &end, WEXITED | WNOWAIT), 0);
}

static void stat_is_read(void **state)
{
	const char *line =
		"18078 (cat) R 18065 18065 21055 0 -1 4194304 99 0 0 0 0 0 0 0 "
		"20 0 1 0 1414328 3133440 397 18446744073709551615 1 1 1 0";
	struct process_stat stat;

	(void)state;
	assert_int_equal(process_stat_parse(line, &stat), 0);
	assert_string_equal(stat.name, "cat");
	assert_int_equal(stat.state, 'R');
	assert_false(stat.kernel_thread);
	assert_false(stat.exiting);
	assert_int_equal(stat.start_ticks, 1414328);
}

static void odd_names_are_read(void **state)
{
	const char *rest = " S 2 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 9 0";
	char line[512];
	struct process_stat stat;

	(void)state;
	snprintf(line, sizeof(line), "7 (a) R 1 (b\n\033[31m)%s", rest);
	assert_int_equal(process_stat_parse(line, &stat), 0);
	assert_string_equal(stat.name, "a) R 1 (b??[31m");
	assert_true(stat.kernel_thread);
	assert_int_equal(stat.start_ticks, 9);
	snprintf(line, sizeof(line), "7 ()%s", rest);
	assert_int_equal(process_stat_parse(line, &stat), 0);
	assert_string_equal(stat.name, "");
	line[strcspn(line, "-")] =
		'\0'; /* with PF_EXITING, and without the rest */
	strcat(line, "-1 4194308 0 0 0 0 0 0 0 0 20 0 1 0 9 0");
	assert_int_equal(process_stat_parse(line, &stat), 0);
	assert_true(stat.exiting);
	assert_false(stat.kernel_thread);
	snprintf(line, sizeof(line), "7 (%0100d)%s", 1, rest);
	assert_int_equal(process_stat_parse(line, &stat), 0);
	assert_int_equal(strlen(stat.name), PROCESS_NAME_BYTES - 1);
}

static void bad_stat_is_refused(void **state)
{
	const char *const garbage[] = {
		"",
		"7",
		"7 (a",
		"7 a) S 1 1",
		")(",
		"7 (a)",
		"7 (a) S 1 2 3",
		"7 (a) S 2 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0",
	};
	struct process_stat stat;

	(void)state;
	for (size_t i = 0; i < sizeof(garbage) / sizeof(*garbage); i++)
		assert_int_equal(process_stat_parse(garbage[i], &stat),
				 -EBADMSG);
}

static void status_is_read_in_bytes(void **state)
{
	struct process_memory memory;
	FILE *stream = recorded("status");

	(void)state;
	assert_int_equal(process_memory_parse(stream, &memory), 0);
	fclose(stream);
	assert_int_equal(memory.rss_bytes, 17700 * KIB);
	assert_int_equal(memory.anon_bytes, 11340 * KIB);
	assert_int_equal(memory.file_bytes, 6244 * KIB);
	assert_int_equal(memory.shmem_bytes, 116 * KIB);
	assert_int_equal(memory.swap_bytes, 2048 * KIB);
	assert_int_equal(memory.page_table_bytes, 88 * KIB);
	assert_int_equal(memory.vm_bytes, 47908 * KIB);
}

static void without_memory_there_is_no_data(void **state)
{
	struct process_memory memory;
	FILE *kernel = recorded("status_kernel_thread");
	FILE *garbled = text("VmRSS: -5 kB\n");
	FILE *huge = text("VmRSS: 99999999999999999999 kB\n");

	(void)state;
	assert_int_equal(process_memory_parse(kernel, &memory), -ENODATA);
	assert_int_equal(process_memory_parse(garbled, &memory), -EBADMSG);
	assert_int_equal(process_memory_parse(huge, &memory), -EBADMSG);
	fclose(kernel);
	fclose(garbled);
	fclose(huge);
}

/* The rest of a long line is no field, whatever it looks like. */
static void long_lines_hide_nothing(void **state)
{
	char content[512];
	FILE *stream;
	uint64_t kills = 0;
	const struct field field = { "oom_kill", &kills, 1, true };

	(void)state;
	memset(content, 'x', sizeof(content));
	strcpy(content + 255, "oom_kill 5\noom_kill 3\n");
	stream = text(content);
	assert_int_equal(fields_parse(stream, &field, 1, NULL), 0);
	fclose(stream);
	assert_int_equal(kills, 3);
	stream = text("oom_killer 5\nmy_oom_kill 3\noom_kil 1\n");
	assert_int_equal(fields_parse(stream, &field, 1, NULL), -ENODATA);
	fclose(stream);
}

static void a_process_is_held_until_it_ends(void **state)
{
	struct process process;
	struct process_memory memory;
	pid_t pid = sleeper();

	(void)state;
	assert_int_equal(process_open(pid, &process), 0);
	assert_int_equal(process.leader_pid, pid);
	assert_false(process_ended(&process));
	assert_int_equal(process_memory_read(pid, &memory), 0);
	assert_true(memory.rss_bytes > 0 && memory.vm_bytes > 0);
	kill_it(pid);
	assert_true(process_ended(&process));
	process_close(&process);

	/* A zombie can be opened, and is one. */
	assert_int_equal(process_open(pid, &process), 0);
	assert_int_equal(process.stat.state, 'Z');
	assert_true(process_ended(&process));
	process_close(&process);
	assert_int_equal(process_memory_read(pid, &memory), -ENODATA);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(process_open(pid, &process), -ESRCH);
}

static void *sleep_on(void *nothing)
{
	while (pause())
		;
	return nothing;
}

/* A child whose first thread has ended, while another goes on. */
static pid_t beheaded(void)
{
	pid_t pid = fork();
	pthread_t thread;

	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (pthread_create(&thread, NULL, sleep_on, NULL))
			_exit(1);
		syscall(SYS_exit, 0);
	}
	while (process_thread(pid) == pid)
		assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	return pid;
}

static void a_process_may_lose_its_first_thread(void **state)
{
	struct process process;
	struct process_memory memory;
	pid_t pid = beheaded();

	(void)state;
	assert_int_equal(process_open(pid, &process), 0);
	assert_int_equal(process.leader_pid, pid);
	assert_null(strchr("ZX", process.stat.state));
	assert_false(process.stat.exiting);
	assert_false(process_ended(&process));
	assert_int_equal(process_memory_read(pid, &memory), 0);
	assert_true(memory.rss_bytes > 0 && memory.vm_bytes > 0);
	kill_it(pid);
	assert_true(process_ended(&process));
	assert_int_equal(process_thread(pid), pid);
	process_close(&process);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(process_thread(pid), pid);
}

/* As where pidfd_open(2) is refused. */
static void start_time_tells_a_reused_pid(void **state)
{
	struct process process = { .pid = getpid(), .pid_fd = -1 };
	pid_t pid = sleeper();

	(void)state;
	assert_int_equal(process_stat_read(getpid(), &process.stat), 0);
	assert_false(process_ended(&process));
	process.stat.start_ticks--;
	assert_true(process_ended(&process));

	process.pid = pid;
	assert_int_equal(process_stat_read(pid, &process.stat), 0);
	assert_false(process_ended(&process));
	kill_it(pid);
	assert_true(process_ended(&process));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(process_ended(&process));
}

static void oom_scores_are_read(void **state)
{
	struct oom_rival rival;
	int score, adj;
	pid_t pid = sleeper();
	int error;

	(void)state;
	assert_int_equal(oom_score_read(pid, &score, &adj), 0);
	assert_in_range(score, 0, 2000);
	assert_in_range(adj + 1000, 0, 2000);
	/* It is there when we look for those beside us. */
	error = oom_rival_find(getpid(), NULL, &rival);
	assert_int_equal(error, 0);
	assert_true(rival.pid > 0 && rival.pid != getpid());
	assert_true(rival.score >= score);
	kill_it(pid);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(oom_score_read(pid, &score, &adj), -ENOENT);
}

/* In a group that nobody is in. */
static void rivals_of_a_group(void **state)
{
	struct oom_rival rival;

	(void)state;
	assert_int_equal(oom_rival_find(getpid(), "/no/such/group", &rival),
			 -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_is_read),
		cmocka_unit_test(odd_names_are_read),
		cmocka_unit_test(bad_stat_is_refused),
		cmocka_unit_test(status_is_read_in_bytes),
		cmocka_unit_test(without_memory_there_is_no_data),
		cmocka_unit_test(long_lines_hide_nothing),
		cmocka_unit_test(a_process_is_held_until_it_ends),
		cmocka_unit_test(a_process_may_lose_its_first_thread),
		cmocka_unit_test(start_time_tells_a_reused_pid),
		cmocka_unit_test(oom_scores_are_read),
		cmocka_unit_test(rivals_of_a_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
