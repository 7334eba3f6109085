/* SPDX-License-Identifier: MIT */
/* The process that spawns once; see trial.h. */

#include "bench/attest/trial.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/attest/listener.h"
#include "lib/probe.h"
#include "lib/spawnwise.h"

#define PATIENCE_MS 5000

static int try_once(const struct sw_strategy *strategy,
		    struct trial_report *report)
{
	static char nowhere[] = "/nonexistent/spawnwise";
	char *argv[] = { nowhere, NULL };
	const struct sw_request request = {
		.path = nowhere,
		.argv = argv,
		.stderr_fd = coprocess_sink(),
	};
	struct sw_handle *handle;
	struct sw_child child;
	int error, status;

	if (request.stderr_fd < 0)
		return -errno;
	report->step = "sw_open";
	error = sw_open(strategy, &handle);
	if (error)
		return error;
	atomic_store(&report->phase, TRIAL_SPAWNS);
	report->step = "sw_spawn";
	error = sw_spawn(handle, &request, &child);
	atomic_store(&report->phase, TRIAL_RETURNED);
	if (!error) {
		report->step = "sw_confirm";
		error = sw_confirm(handle, &child, -1);
	}
	if (!error) {
		report->step = "sw_reap";
		report->ran = true;
		error = sw_reap(handle, &child, &status);
	}
	sw_close(handle);
	return error == -ENOENT ? 0 : error;
}

static void install_listener(int socket)
{
	const int listener = listener_install();
	char go;

	if (listener_hand_over(socket, listener) || read(socket, &go, 1) != 1)
		_exit(1);
	close(listener);
}

static _Noreturn void be_tried(const struct sw_strategy *strategy,
			       struct trial_report *report, int socket,
			       bool watched)
{
	setpgid(0, 0);
	/* While SIGCHLD is ignored no child can be waited for. */
	signal(SIGCHLD, SIG_DFL);
	if (watched)
		install_listener(socket);
	report->refused = -try_once(strategy, report);
	atomic_store(&report->phase, TRIAL_DONE);
	_exit(0);
}

int trial_start(struct trial_spawn *trial, const struct sw_strategy *strategy,
		bool watched)
{
	int error;

	if (sw_births_elsewhere())
		return -ENOTSUP;
	trial->report = coprocess_share(sizeof *trial->report);
	if (!trial->report)
		return -ENOMEM;
	error = coprocess_fork(&trial->process, "spawnwise-try");
	if (error)
		munmap(trial->report, sizeof *trial->report);
	else if (!trial->process.pid)
		be_tried(strategy, trial->report, trial->process.socket,
			 watched);
	return error;
}

/* A held child dies with its group; the trial process itself may not have
 * entered that group yet. */
bool trial_end(struct trial_spawn *trial, struct trial_report *last)
{
	kill(-trial->process.pid, SIGKILL);
	coprocess_end(&trial->process, NULL);
	*last = *trial->report;
	munmap(trial->report, sizeof *trial->report);
	return last->phase == TRIAL_DONE;
}

int trial_run(const struct sw_strategy *strategy, const char **step)
{
	struct trial_spawn trial;
	struct trial_report last;
	struct pollfd end = { .events = POLLIN };
	int ready, error;

	*step = "sw_open";
	if (sw_births_elsewhere())
		return sw_supported(strategy);
	*step = "a trial";
	error = trial_start(&trial, strategy, false);
	if (error)
		return error;
	/* The process closes its end of the socket when it ends, but a child
	 * that it left behind may hold a copy. */
	end.fd = trial.process.socket;
	do
		ready = poll(&end, 1, PATIENCE_MS);
	while (ready < 0 && errno == EINTR);
	if (!trial_end(&trial, &last))
		error = ready ? -EOWNERDEAD : -ETIMEDOUT;
	*step = last.step ?: *step;
	if (error)
		return error;
	/* A baseline runs a shell, which says itself what cannot be run. */
	if (!last.refused && last.ran &&
	    !(strategy->traits & (SW_BASELINE | SW_CREATES_NOTHING)))
		return -EPROTO;
	return -last.refused;
}

int trial_known(const struct sw_strategy *strategy, const char **step)
{
	static struct {
		bool asked;
		int error;
		const char *step;
	} known[STRATEGIES_KNOWN];
	size_t i = 0;

	while (sw_strategies[i] && sw_strategies[i] != strategy)
		i++;
	if (!sw_strategies[i] || i >= STRATEGIES_KNOWN)
		return trial_run(strategy, step);
	if (!known[i].asked)
		known[i].error = trial_run(strategy, &known[i].step);
	known[i].asked = true;
	*step = known[i].step;
	return known[i].error;
}
