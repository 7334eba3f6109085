/* SPDX-License-Identifier: MIT */
/* Parents that differ in a setting; see ab.h. */

#include "bench/measure/ab.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/machine/cpu.h"

#define PRELOAD "env:LD_PRELOAD="
#define CPUS "cpu:"
#define VARIABLE "SPAWNWISE_PARENT" /* the memory file's descriptor */

/* Cells have a pointer to the label. */
static struct variant {
	char label[32];
	const char *setting;
} variants[AXIS_VALUES_MAX];

static struct ab_memory *executed;
static int stderr_fd;

/* Read "cpu:LIST", CPUs that we may run on; or -EINVAL. */
static int read_cpus(const char *setting, struct cpu_mask *cpus)
{
	struct cpu_mask allowed;

	if (strncmp(setting, CPUS, strlen(CPUS)) ||
	    cpu_mask_parse(setting + strlen(CPUS), cpus) ||
	    !cpu_mask_count(cpus) || cpu_allowed(&allowed))
		return -EINVAL;
	for (int cpu = 0; cpu < CPU_MASK_BITS; cpu++)
		if (cpu_mask_has(cpus, cpu) && !cpu_mask_has(&allowed, cpu))
			return -EINVAL;
	return 0;
}

static bool is_known(const char *setting)
{
	struct cpu_mask cpus;

	if (!strncmp(setting, "env:", 4))
		return strcspn(setting, "=") > 4 && strchr(setting, '=');
	return !strcmp(setting, "none") || !strcmp(setting, "thp:never") ||
	       !read_cpus(setting, &cpus);
}

const char *ab_add(struct value_list *labels, const char *text)
{
	const size_t length =
		strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
	const char *setting = text + length + 1;
	struct variant *new = &variants[labels->count];

	if (!length || length >= sizeof new->label || text[length] != '=')
		return "has no label";
	*new = (struct variant){ .setting = setting };
	memcpy(new->label, text, length);
	if (!strcmp(new->label, "none"))
		return "has the label of runs without settings";
	for (size_t i = 0; i < labels->count; i++)
		if (!strcmp(labels->values[i].word, new->label))
			return "has a label that is there twice";
	if (!is_known(setting))
		return "has a setting that is not known, or not had here";
	labels->values[labels->count++].word = new->label;
	return NULL;
}

static const char *setting_of(const struct state *state)
{
	return ((const struct variant *)(const void *)state->cell.label)
		->setting;
}

static void set_flags(const struct parent_job *job, int record_fd, int flags)
{
	fcntl(job->runner_socket, F_SETFD, flags);
	fcntl(job->reference.socket, F_SETFD, flags);
	fcntl(job->json_fd, F_SETFD, flags);
	fcntl(record_fd, F_SETFD, flags);
}

_Noreturn void ab_execute(const struct parent_job *job, const struct run *run)
{
	struct ab_memory *memory = (void *)job->record;
	const char *setting = setting_of(job->state);
	char number[16];

	memory->job = *job;
	memory->state = (size_t)(job->state - run->plan->states);
	memory->cell_count = run->plan->cell_count;
	memory->heaps = run->plan->axes.values[axis_number("heap")];
	memcpy(memory->blocks, run->plan->blocks + job->state->first_cell,
	       job->state->cell_count * sizeof *memory->blocks);
	memcpy(memory->order, job->order,
	       job->order_count * sizeof *job->order);
	set_flags(job, run->record_fd, 0);
	snprintf(number, sizeof number, "%d", run->record_fd);
	if (*setting == 'e')
		putenv((char *)setting + strlen("env:"));
	if (*setting == 't')
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	if (!setenv(VARIABLE, number, 1))
		execv("/proc/self/exe", run->again);
	_exit(1);
}

const struct ab_memory *ab_executed(void)
{
	const char *number = getenv(VARIABLE); /* until we have looked */
	const int fd = number ? atoi(number) : -1;
	void *memory = MAP_FAILED;

	/* A file of somebody else's may be shorter, and its map end us. */
	if (fd > STDERR_FILENO)
		memory = mmap(NULL, sizeof *executed, PROT_READ | PROT_WRITE,
			      MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return executed;
	executed = memory;
	set_flags(&executed->job, fd, FD_CLOEXEC);
	unsetenv(VARIABLE);
	stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(coprocess_sink(), STDERR_FILENO);
	return executed;
}

/* Libraries with blanks or colons between them, ld.so(8); names is written to.
 */
static bool are_loaded(char *names)
{
	for (; (names = strtok(names, ": ")); names = NULL)
		if (!dlopen(names, RTLD_LAZY | RTLD_NOLOAD))
			return false;
	return true;
}

/* Let this parent run on the CPUs of its setting, if it has some, and on no one
 * of them: what it inherits is what its children have. */
static int take_cpus(struct parent_job *job, const char *setting)
{
	struct cpu_mask cpus;

	if (read_cpus(setting, &cpus))
		return 0;
	job->caller_cpu = -1;
	return sched_setaffinity(0, sizeof cpus, (cpu_set_t *)cpus.bits);
}

_Noreturn void ab_go_on(const struct run *run)
{
	struct parent_report failed = { .kind = REPORT_FAILED };
	struct parent_job job = executed->job;
	const char *setting;

	dup2(stderr_fd, STDERR_FILENO);
	prctl(PR_SET_NAME, "spawnwise-par");
	if (executed->cell_count != run->plan->cell_count)
		_exit(1);
	job.plan = run->plan;
	job.state = &run->plan->states[executed->state];
	memcpy(run->plan->blocks + job.state->first_cell, executed->blocks,
	       job.state->cell_count * sizeof *executed->blocks);
	job.order = executed->order;
	job.record = &executed->record;
	job.child = run->child;
	setting = setting_of(job.state);
	if (*setting == 't' && prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) != 1)
		strcpy(failed.why, "Huge pages cannot be refused here.");
	else if (!strncmp(setting, PRELOAD, strlen(PRELOAD)) &&
		 !are_loaded((char *)setting + strlen(PRELOAD)))
		strcpy(failed.why, "The library of LD_PRELOAD is not loaded.");
	else if (take_cpus(&job, setting))
		strcpy(failed.why, "These CPUs cannot be had here.");
	else
		parent_run(&job);
	send(job.runner_socket, &failed, sizeof failed, MSG_NOSIGNAL);
	_exit(1);
}
