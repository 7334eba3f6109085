/* SPDX-License-Identifier: MIT */
/*
 * The OOM killer's arithmetic: worked by hand, recorded on other kernels, and
 * against /proc/PID/oom_score of this one.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/labs/badness.h"
#include "bench/machine/memory.h"
#include "bench/machine/text.h"
#include "tests/unit/source.h"

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define OLD "4.19.0-27-amd64"
#define NEW "6.18.44-cloud"

/* 8 GiB: 2,097,152 pages, so that a point of oom_score_adj is 2,097 pages. */
static const struct badness_scope machine = { 8 * GIB, 4096 };

static void all_memory_counts_in_pages(void **state)
{
	const struct badness_process process = {
		.memory.rss_bytes = 2 * GIB,
		.memory.swap_bytes = 64 * MIB,
		.memory.page_table_bytes = 4 * MIB + 512,
	};

	(void)state;
	assert_int_equal(badness_bytes(&process, &machine), 2 * GIB + 68 * MIB);
}

static void adj_weighs_thousandths_of_the_total(void **state)
{
	struct badness_process process = { .oom_score_adj = 300 };
	const struct badness_scope group = { 64 * MIB, 4096 };

	(void)state;
	assert_int_equal(badness_bytes(&process, &machine),
			 300 * 2097 * 4096LL);
	assert_int_equal(badness_bytes(&process, &group), 300 * 16 * 4096);
	process.oom_score_adj = -999;
	assert_int_equal(badness_bytes(&process, &machine),
			 -999 * 2097 * 4096LL);
	process.oom_score_adj = -1000;
	assert_true(badness_bytes(&process, &machine) == BADNESS_NEVER);
}

static int score(uint64_t rss_bytes, int adj, const char *release)
{
	const struct badness_process process = { .memory.rss_bytes = rss_bytes,
						 .oom_score_adj = adj };

	return badness_score(&process, &machine, release);
}

static void the_printed_scale_is_shifted(void **state)
{
	(void)state;
	assert_int_equal(score(0, 0, NEW), 666);
	assert_int_equal(score(2 * GIB, 0, NEW), 833);
	assert_int_equal(score(8 * GIB, 1000, NEW), 1999);
	assert_int_equal(score(0, -500, NEW), 334);
	assert_int_equal(score(0, -999, NEW), 1);
	assert_int_equal(score(8 * GIB, -1000, NEW), 0);
}

/* The example of the source document is right for these kernels. */
static void older_kernels_print_it_plainly(void **state)
{
	(void)state;
	assert_int_equal(score(2 * GIB, 0, OLD), 250);
	assert_int_equal(score(2 * GIB, -200, OLD), 50);
	assert_int_equal(score(2 * GIB, -500, OLD), 0);
	assert_int_equal(score(2 * GIB, 500, OLD), 749);
	assert_int_equal(score(2 * GIB, -1000, OLD), 0);
	assert_int_equal(score(2 * GIB, 0, "5.8.18"), 250);
	assert_int_equal(score(2 * GIB, 0, "5.9.0"), 833);
	assert_int_equal(score(2 * GIB, 0, "5.10.0-rc1+"), 833);
	assert_int_equal(score(2 * GIB, 0, "none"), 833);
}

static void the_largest_is_chosen_and_the_last_of_equals(void **state)
{
	struct badness_process all[] = {
		{ .memory.rss_bytes = 2 * GIB, .oom_score_adj = -1000 },
		{ .memory.rss_bytes = 32 * MIB },
		{ .memory.rss_bytes = 31 * MIB, .memory.swap_bytes = MIB },
		{ .memory.rss_bytes = 16 * MIB },
	};
	const struct badness_scope group = { 64 * MIB, 4096 };

	(void)state;
	assert_int_equal(badness_victim(all, 4, &group), 2);
	all[1].memory.rss_bytes += 4096;
	assert_int_equal(badness_victim(all, 4, &group), 1);
	all[3].oom_score_adj = 300;
	assert_int_equal(badness_victim(all, 4, &group), 3);
	assert_int_equal(badness_victim(all, 1, &group), 1);
	assert_int_equal(badness_victim(all, 0, &group), 0);
}

/* Negative badness is still a candidate (since Linux 5.9). */
static void somebody_is_always_chosen(void **state)
{
	const struct badness_process all[] = {
		{ .memory.rss_bytes = MIB, .oom_score_adj = -900 },
		{ .memory.rss_bytes = MIB, .oom_score_adj = -999 },
	};

	(void)state;
	assert_int_equal(badness_victim(all, 2, &machine), 0);
}

/* What kernels of others printed. */
static void assert_recorded(const char *path)
{
	struct badness_scope scope = { .page_bytes = 4096 };
	uint64_t ram, swap, rss, swapped, tables;
	int adj, printed, count = 0;
	FILE *stream = fopen(path, "re");

	assert_non_null(stream);
	assert_int_equal(fscanf(stream, "%" SCNu64 " %" SCNu64, &ram, &swap),
			 2);
	scope.total_bytes = (ram + swap) * KIB;
	while (fscanf(stream, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %d %d", &rss,
		      &swapped, &tables, &adj, &printed) == 5) {
		const struct badness_process process = {
			.memory.rss_bytes = rss * KIB,
			.memory.swap_bytes = swapped * KIB,
			.memory.page_table_bytes = tables * KIB,
			.oom_score_adj = adj,
		};

		int predicted = badness_score(&process, &scope, NEW);
		assert_in_range(predicted + 1, printed, printed + 2);
		count++;
	}
	fclose(stream);
	assert_true(count >= 10);
}

static void recorded_scores_are_met(void **state)
{
	(void)state;
	assert_recorded("tests/data/oom/scores-6.1");
	assert_recorded("tests/data/oom/scores-6.12");
}

static uint64_t status_bytes(const char *status, const char *key)
{
	const char *at = strstr(status, key);

	assert_non_null(at);
	return strtoull(at + strlen(key), NULL, 10) * KIB;
}

static void read_process(pid_t pid, struct badness_process *process,
			 int *printed)
{
	char status[4096];
	char number[16];

	assert_int_equal(text_read_at(status, sizeof(status), "/proc/%d/status",
				      (int)pid),
			 0);
	process->memory.rss_bytes = status_bytes(status, "\nVmRSS:");
	process->memory.swap_bytes = status_bytes(status, "\nVmSwap:");
	process->memory.page_table_bytes = status_bytes(status, "\nVmPTE:");
	assert_int_equal(text_read_at(number, sizeof(number),
				      "/proc/%d/oom_score_adj", (int)pid),
			 0);
	process->oom_score_adj = atoi(number);
	assert_int_equal(text_read_at(number, sizeof(number),
				      "/proc/%d/oom_score", (int)pid),
			 0);
	*printed = atoi(number);
}

static void assert_score_is_met(pid_t pid)
{
	struct badness_scope scope = {
		.page_bytes = (uint64_t)sysconf(_SC_PAGESIZE),
	};
	struct badness_process process;
	struct meminfo info;
	struct utsname system;
	int printed;

	assert_int_equal(uname(&system), 0);
	assert_int_equal(meminfo_read(&info), 0);
	scope.total_bytes = info.total_bytes + info.swap_total_bytes;
	read_process(pid, &process, &printed);
	int predicted = badness_score(&process, &scope, system.release);
	assert_in_range(predicted + 1, printed, printed + 2);
}

static void our_own_score_is_met(void **state)
{
	(void)state;
	assert_score_is_met(getpid());
}

/* A child that has touched 64 MiB, with that oom_score_adj and nice; false:
 * this user may not set it. */
static bool child_is_met(int adj, int nice_value)
{
	char text[16];
	char byte;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		void *memory = mmap(NULL, 64 * MIB, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		snprintf(text, sizeof(text), "%d", adj);
		if (memory == MAP_FAILED ||
		    setpriority(PRIO_PROCESS, 0, nice_value) ||
		    text_write_at(text, "/proc/self/oom_score_adj"))
			_exit(1);
		memset(memory, 1, 64 * MIB);
		(void)!write(ends[1], "", 1);
		for (;;)
			pause();
	}
	close(ends[1]);
	bool ready = read(ends[0], &byte, 1) == 1;
	if (ready)
		assert_score_is_met(pid);
	close(ends[0]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return ready;
}

static void scores_of_children_are_met(void **state)
{
	(void)state;
	for (int adj = 0; adj <= 1000; adj += 250)
		assert_true(child_is_met(adj, 0));
	assert_true(child_is_met(0, 19));
	/* Less than it was needs CAP_SYS_RESOURCE. */
	for (int adj = -1; adj >= -1000 && child_is_met(adj, 0); adj -= 333)
		;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_memory_counts_in_pages),
		cmocka_unit_test(adj_weighs_thousandths_of_the_total),
		cmocka_unit_test(the_printed_scale_is_shifted),
		cmocka_unit_test(older_kernels_print_it_plainly),
		cmocka_unit_test(the_largest_is_chosen_and_the_last_of_equals),
		cmocka_unit_test(somebody_is_always_chosen),
		cmocka_unit_test(recorded_scores_are_met),
		cmocka_unit_test(our_own_score_is_met),
		cmocka_unit_test(scores_of_children_are_met),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
