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

/* The n-th line of the recorded log that is none of our remarks. */
static const char *recorded(int number)
{
	static char line[4096];
	FILE *stream = fopen("tests/data/oom/log", "re");

	assert_non_null(stream);
	while (number >= 0) {
		assert_non_null(fgets(line, sizeof(line), stream));
		number -= *line != '#';
	}
	fclose(stream);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static void assert_kill(const struct oom_log_kill *kill, pid_t pid,
			const uint64_t kbytes[5])
{
	const uint64_t *bytes[5] = { &kill->memory.vm_bytes,
				     &kill->memory.anon_bytes,
				     &kill->memory.file_bytes,
				     &kill->memory.shmem_bytes,
				     &kill->memory.page_table_bytes };

	assert_int_equal(kill->pid, pid);
	for (int i = 0; i < 5; i++)
		assert_true(*bytes[i] ==
			    (kbytes[i] == ABSENT ? ABSENT : kbytes[i] * KIB));
}

static void a_kill_is_read_field_by_field(void **state)
{
	struct oom_log_kill kill;

	(void)state;
	assert_int_equal(oom_log_kill_parse(recorded(1), &kill), 0);
	assert_kill(&kill, 31342, (uint64_t[]){ 524456, 261376, 0, 0, 540 });
	assert_int_equal(oom_log_kill_parse(recorded(4), &kill), 0);
	assert_kill(&kill, 156, (uint64_t[]){ 66524, 65516, 0, 548, 164 });
	assert_int_equal(oom_log_kill_parse(recorded(6), &kill), 0);
	assert_kill(&kill, 1043271,
		    (uint64_t[]){ 4222280, 3934380, 688, 0, 7812 });
}

static void older_kernels_tell_less(void **state)
{
	struct oom_log_kill kill;

	(void)state;
	assert_int_equal(oom_log_kill_parse(recorded(8), &kill), -ENOENT);
	assert_int_equal(oom_log_kill_parse(recorded(9), &kill), 0);
	assert_kill(&kill, 21945,
		    (uint64_t[]){ 33027492, 31303276, 0, 0, ABSENT });
	assert_int_equal(oom_log_kill_parse(recorded(11), &kill), 0);
	assert_kill(&kill, 18694,
		    (uint64_t[]){ 1972392, 1953348, 0, ABSENT, ABSENT });
}

static void names_that_look_like_fields_are_names(void **state)
{
	struct oom_log_kill kill;

	(void)state;
	assert_int_equal(
		oom_log_kill_parse("Out of memory: Killed process 7 (a) total-"
				   "vm:9kB (b) total-vm:8kB, anon-rss:4kB, "
				   "file-rss:0kB",
				   &kill),
		0);
	assert_int_equal(kill.memory.vm_bytes, 8192);
	assert_int_equal(oom_log_kill_parse("Killed process 7 () total-vm:8kB, "
					    "anon-rss:4kB, file-rss:0kB",
					    &kill),
			 0);
}

static void broken_lines_are_refused(void **state)
{
	static const char *const kills[] = {
		"Out of Memory: Killed process 2592 (mysql).",
		"Killed process x (a) total-vm:8kB, anon-rss:4kB, file-rss:0kB",
		"Killed process 99999999999 (a) total-vm:8kB, anon-rss:4kB, "
		"file-rss:0kB",
		"Killed process 7 (a total-vm:8kB, anon-rss:4kB, file-rss:0kB",
		"Killed process 7 (a) total-vm:8kB, anon-rss:",
		"Killed process 7 (a) total-vm:99999999999999999999kB, "
		"anon-rss:4kB, file-rss:0kB",
		"Killed process 7 (a) total-vm:18446744073709551615kB, "
		"anon-rss:4kB, file-rss:0kB",
	};
	struct oom_log_kill kill;

	(void)state;
	for (size_t i = 0; i < sizeof(kills) / sizeof(*kills); i++)
		assert_int_equal(oom_log_kill_parse(kills[i], &kill), -EBADMSG);
}

static void records_are_told_apart(void **state)
{
	static struct oom_log_record record;

	(void)state;
	assert_int_equal(oom_log_record_parse(recorded(0), &record), -ENOENT);
	assert_int_equal(oom_log_record_parse(recorded(1), &record), 0);
	assert_int_equal(record.kill.pid, 31342);
	assert_int_equal(oom_log_record_parse(
				 "6,1,2,-;eth0: up\n SUBSYSTEM=net\n", &record),
			 -ENOENT);
	assert_string_equal(record.line, "eth0: up");
	/* Facility 1: some program says so. */
	assert_int_equal(
		oom_log_record_parse("12,1,2,-;Killed process 1 (a) "
				     "total-vm:8kB, anon-rss:4kB, file-rss:0kB",
				     &record),
		-ENOENT);
	assert_int_equal(oom_log_record_parse("nothing", &record), -EBADMSG);
}

/* Only where this user may make a group and read the log. */
static void a_kill_of_ours_is_found(void **state)
{
	static struct oom_log_record record;
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
		do
			assert_int_equal(oom_log_next(log, 1000, &record), 0);
		while (record.kill.pid != pid);
		assert_in_range(record.kill.memory.anon_bytes, 7 * MIB,
				15 * MIB);
		assert_false(memory_group_close(&group));
	}
	close(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kill_is_read_field_by_field),
		cmocka_unit_test(older_kernels_tell_less),
		cmocka_unit_test(names_that_look_like_fields_are_names),
		cmocka_unit_test(broken_lines_are_refused),
		cmocka_unit_test(records_are_told_apart),
		cmocka_unit_test(a_kill_of_ours_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
