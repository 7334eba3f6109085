/* SPDX-License-Identifier: MIT */
/*
 * The OOM killer's report: lines of several kernels, names that look like
 * fields, records, and a kill of our own where that is allowed.
 */
#include "tests/unit/memory_group_scene.h"

#include "bench/labs/oom_log.h"
#include "tests/unit/source.h"

#define KIB ((uint64_t)1 << 10)
#define ABSENT BYTES_UNKNOWN

/* The n-th line of the recorded log that is none of our remarks, as a record:
 * journals put something else before it. */
static const char *recorded(int number)
{
	static char record[4096 + 16];
	char line[4096];
	FILE *stream = fopen("tests/data/oom/log", "re");

	assert_non_null(stream);
	while (number >= 0) {
		assert_non_null(fgets(line, sizeof(line), stream));
		number -= *line != '#';
	}
	fclose(stream);
	snprintf(record, sizeof(record), "%s%s",
		 strchr(line, ';') ? "" : "3,1,2,-;", line);
	return record;
}

static void assert_kill(const char *record, pid_t pid, const uint64_t kbytes[5])
{
	struct oom_log_kill kill;
	const uint64_t *bytes[5] = { &kill.memory.vm_bytes,
				     &kill.memory.anon_bytes,
				     &kill.memory.file_bytes,
				     &kill.memory.shmem_bytes,
				     &kill.memory.page_table_bytes };

	assert_false(oom_log_parse(record, pid + 1, &kill));
	assert_false(oom_log_parse(record, pid / 10, &kill));
	assert_true(oom_log_parse(record, pid, &kill));
	for (int i = 0; i < 5; i++)
		assert_true(*bytes[i] ==
			    (kbytes[i] == ABSENT ? ABSENT : kbytes[i] * KIB));
}

static void a_kill_is_read_field_by_field(void **state)
{
	(void)state;
	assert_kill(recorded(1), 31342,
		    (uint64_t[]){ 524456, 261376, 0, 0, 540 });
	assert_kill(recorded(4), 156,
		    (uint64_t[]){ 66524, 65516, 0, 548, 164 });
	assert_kill(recorded(6), 1043271,
		    (uint64_t[]){ 4222280, 3934380, 688, 0, 7812 });
}

static void older_kernels_tell_less(void **state)
{
	struct oom_log_kill kill;

	(void)state;
	assert_false(oom_log_parse(recorded(8), 21945, &kill));
	assert_kill(recorded(9), 21945,
		    (uint64_t[]){ 33027492, 31303276, 0, 0, ABSENT });
	assert_kill(recorded(11), 18694,
		    (uint64_t[]){ 1972392, 1953348, 0, ABSENT, ABSENT });
	assert_kill("4,1,2,-;Out of Memory: Killed process 2592 (mysql).", 2592,
		    (uint64_t[]){ ABSENT, ABSENT, ABSENT, ABSENT, ABSENT });
}

static void names_that_look_like_fields_are_names(void **state)
{
	(void)state;
	assert_kill("3,1,2,-;Out of memory: Killed process 7 (a) total-vm:9kB "
		    "(b) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
		    7, (uint64_t[]){ 8, 4, 0, ABSENT, ABSENT });
	assert_kill("3,1,2,-;Killed process 7 () total-vm:8kB, anon-rss:4kB, "
		    "file-rss:0kB",
		    7, (uint64_t[]){ 8, 4, 0, ABSENT, ABSENT });
}

static void what_is_no_number_is_unknown(void **state)
{
	(void)state;
	assert_kill("3,1,2,-;Killed process 7 (a) total-vm:8kB, anon-rss:", 7,
		    (uint64_t[]){ 8, ABSENT, ABSENT, ABSENT, ABSENT });
}

static void records_are_told_apart(void **state)
{
	/* Facility 1: some program says so. */
	static const char *const others[] = {
		"6,1,2,-;eth0: up\n SUBSYSTEM=net\n",
		"12,1,2,-;Killed process 7 (a) total-vm:8kB, anon-rss:4kB",
		"3,1,2,-;Killed process x (a) total-vm:8kB, anon-rss:4kB",
		"Killed process 7 (a) total-vm:8kB, anon-rss:4kB",
		"nothing",
		"",
	};
	struct oom_log_kill kill;

	(void)state;
	assert_false(oom_log_parse(recorded(0), 31342, &kill));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(oom_log_parse(others[i], 7, &kill));
	assert_true(oom_log_parse("3,1,2,-;Killed process 7 (a)\n KEY=value\n",
				  7, &kill));
	assert_string_equal(kill.line, "Killed process 7 (a)");
}

/* Only where this user may make a group and read the log. */
static void a_kill_of_ours_is_found(void **state)
{
	struct oom_log_kill kill;
	struct memory_group group;
	char why[512];
	const int log = oom_log_open();

	(void)state;
	if (log < 0) {
		assert_true(log == -EPERM || log == -EACCES || log == -ENOENT);
		return;
	}
	if (memory_group_open(&group, 8 * MIB, why, sizeof(why)) == 0) {
		pid_t pid = scene_eater(&group, 16 * MIB, -1);

		scene_assert_killed(pid);
		assert_true(oom_log_find(log, 1000, pid, &kill));
		assert_in_range(kill.memory.anon_bytes, 7 * MIB, 15 * MIB);
		assert_false(oom_log_find(log, 10, pid, &kill));
		memory_group_close(&group);
	}
	close(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kill_is_read_field_by_field),
		cmocka_unit_test(older_kernels_tell_less),
		cmocka_unit_test(names_that_look_like_fields_are_names),
		cmocka_unit_test(what_is_no_number_is_unknown),
		cmocka_unit_test(records_are_told_apart),
		cmocka_unit_test(a_kill_of_ours_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
