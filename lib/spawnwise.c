/* SPDX-License-Identifier: MIT */
/*
 * What spawnwise.h declares: the handle, calls that are made of others, and
 * strategies as such (the words for what they do, the contract's form).
 *
 * The contract's refusals live here, so that a strategy's spawn hook sees
 * only requests it can honour. Longer than other files: one header, one file.
 */

#include "lib/spawnwise.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/clone.h"
#include "lib/known.h"
#include "lib/probe.h"
#include "lib/raw.h"
#include "lib/validate.h"

/* A page of its own: fork(2) leaves the copy zeroed, and a zeroed handle
 * answers -ECHILD. */
struct sw_handle {
	struct sw_strategy strategy; /* as long as ours; abi 0: a fork's copy */
	void *state;
	int known; /* see sw_known_add() */
};

/* A thread that is cancelled in a strategy's hook would leave a child, a slot
 * or a lock behind; a hook may be anybody's. */
static int cancel_disable(void)
{
	int before;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	return before;
}

static void cancel_restore(int before)
{
	pthread_setcancelstate(before, NULL);
}

/* A strategy that is not ours may answer what is no error number. */
static int answer_of(int error)
{
	return error > 0 || error < -4095 ? -ERANGE : error;
}

int sw_open(const struct sw_strategy *given, struct sw_handle **out)
{
	struct sw_strategy strategy;
	const int cancel_state = cancel_disable();
	const int saved_errno = errno;
	struct sw_handle *handle;
	int error = given ? sw_strategy_read(given, &strategy) : -EINVAL;

	if (!error && !(strategy.traits & SW_CREATES_NOTHING))
		error = sw_calls_supported();
	if (!error && strategy.supported)
		error = answer_of(strategy.supported());
	if (error)
		goto restore;
	handle = mmap(NULL, sizeof *handle, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	error = handle == MAP_FAILED ? -ENOMEM : 0;
	if (error)
		goto restore;
	if (strategy.open)
		error = answer_of(strategy.open(&handle->state));
	if (!error && madvise(handle, sizeof *handle, MADV_WIPEONFORK)) {
		error = -errno;
		if (strategy.close)
			strategy.close(handle->state);
	}
	if (error) {
		munmap(handle, sizeof *handle);
	} else {
		handle->strategy = strategy;
		handle->known = sw_known_add(handle->state);
		*out = handle;
	}
restore:
	errno = saved_errno;
	cancel_restore(cancel_state);
	return error;
}

int sw_spawn(struct sw_handle *handle, const struct sw_request *request,
	     struct sw_child *child)
{
	const struct sw_strategy *strategy = &handle->strategy;
	struct sw_request whole;
	unsigned unknown;
	int error, cancel_state;

	*child = (struct sw_child){ .pidfd = -1 };
	if (!strategy->abi)
		return -ECHILD;
	error = sw_request_read(&request, &whole);
	if (!error)
		error = sw_validate(request, child);
	if (error)
		return error;
	unknown = request->fields & ~strategy->honours;
	if (request->fields & SW_CGROUP && !sw_clone_clears_handlers())
		unknown |= SW_CGROUP; /* it takes clone3(2) */
	child->stage = unknown & -unknown;
	if (unknown)
		return -ENOTSUP;
	cancel_state = cancel_disable();
	error = answer_of(strategy->spawn(handle->state, request, child));
	cancel_restore(cancel_state);
	child->in_flight = !error;
	if (error)
		child->pid = 0; /* it may be another's soon */
	return error;
}

int sw_confirm(struct sw_handle *handle, struct sw_child *child, int timeout_ms)
{
	int error, cancel_state;

	if (!handle->strategy.abi)
		return -ECHILD;
	if (!child->in_flight)
		return -EINVAL;
	cancel_state = cancel_disable();
	error = answer_of(
		handle->strategy.confirm(handle->state, child, timeout_ms));
	cancel_restore(cancel_state);
	child->in_flight = error == -EAGAIN && !child->stage;
	if (error && !child->in_flight)
		child->pid = 0;
	return error;
}

static int reap(pid_t pid, int *status)
{
	long result;

	if (pid <= 0) /* to wait4(2) that is any child of a group */
		return -EINVAL;
	do
		result = raw4(SYS_wait4, pid, status, 0, 0);
	while (result == -EINTR);
	return result < 0 ? (int)result : 0;
}

int sw_reap(struct sw_handle *handle, struct sw_child *child, int *status)
{
	const struct sw_strategy *strategy = &handle->strategy;
	int error, cancel_state, unwanted;

	if (!strategy->abi)
		return -ECHILD;
	if (!status)
		status = &unwanted;
	*status = 0;
	if (strategy->traits & SW_CREATES_NOTHING)
		return 0;
	if (child->in_flight)
		return -EINVAL;
	if (!strategy->reap)
		return reap(child->pid, status);
	cancel_state = cancel_disable();
	error = answer_of(strategy->reap(handle->state, child, status));
	cancel_restore(cancel_state);
	return error;
}

int sw_poll_fd(struct sw_handle *handle)
{
	int result, cancel_state;

	if (!handle->strategy.abi)
		return -ECHILD;
	if (!handle->strategy.poll_fd)
		return -ENOTSUP;
	cancel_state = cancel_disable();
	result = handle->strategy.poll_fd(handle->state);
	cancel_restore(cancel_state);
	return result;
}

int sw_refresh(struct sw_handle *handle)
{
	int error, cancel_state;

	if (!handle->strategy.abi)
		return -ECHILD;
	if (!handle->strategy.refresh)
		return 0;
	cancel_state = cancel_disable();
	error = answer_of(handle->strategy.refresh(handle->state));
	cancel_restore(cancel_state);
	return error;
}

void sw_close(struct sw_handle *handle)
{
	const int cancel_state = cancel_disable();

	sw_known_remove(handle && handle->strategy.abi ? handle->known : -1);
	if (handle && handle->strategy.abi && handle->strategy.close)
		handle->strategy.close(handle->state);
	if (handle)
		munmap(handle, sizeof *handle);
	cancel_restore(cancel_state);
}

int sw_run(struct sw_handle *handle, const struct sw_request *request,
	   struct sw_child *child)
{
	int error = sw_spawn(handle, request, child);

	if (!error)
		error = sw_confirm(handle, child, -1);
	return error ? error : sw_reap(handle, child, &child->status);
}

/* The empty name is no program's: execve(2) says ENOENT, whatever the machine
 * holds. A baseline has its shell run ":", which every shell has built in. */
static int try_out(struct sw_handle *handle, const struct sw_strategy *strategy)
{
	const bool runs = strategy->traits & (SW_BASELINE | SW_CREATES_NOTHING);
	char *const argv[] = { (char *)(runs ? ":" : ""), NULL };
	const struct sw_request request = {
		.path = argv[0],
		.search = runs,
		.argv = argv,
	};
	struct sw_child child;
	const int error = sw_run(handle, &request, &child);

	if (!runs && error == -ENOENT)
		return 0;
	if (!error && (!runs || child.status))
		return -EPROTO;
	return error;
}

int sw_supported(const struct sw_strategy *strategy)
{
	struct sw_handle *handle;
	int error = sw_open(strategy, &handle);

	if (error)
		return error;
	if (!sw_births_elsewhere())
		error = try_out(handle, strategy);
	sw_close(handle);
	return error;
}

static const char *const trait_names[SW_TRAIT_COUNT] = {
	"suspends_caller",    "asynchronous",	"shares_memory",
	"copies_page_tables", "charges_commit", "runs_atfork",
	"silent_failure",     "thread_safe",	"needs_early_open",
	"identity_of_open",   "baseline",	"creates_nothing",
	"experimental",	      "maps_memory",
};

static const char *const field_names[SW_FIELD_COUNT] = {
	"sigdefault", "sched",	 "nice", "affinity", "oomadj", "umask",
	"session",    "pgroup",	 "ctty", "resetids", "cwd",    "fdactions",
	"closefds",   "rlimits", "ids",	 "sigmask",  "pidfd",  "cgroup",
};

#define ABI_VERSION(abi) ((abi) >> 16)
#define ABI_BYTES(abi) ((abi)&0xffff)

const char *sw_trait_name(enum sw_trait trait)
{
	for (int bit = 0; bit < SW_TRAIT_COUNT; bit++)
		if (trait == 1u << bit)
			return trait_names[bit];
	return NULL;
}

const char *sw_field_name(enum sw_field field)
{
	for (int bit = 0; bit < SW_FIELD_COUNT; bit++)
		if (field == 1u << bit)
			return field_names[bit];
	switch (field) {
	case SW_STDIO:
		return "stdio";
	case SW_EXEC:
		return "exec";
	case SW_BIRTH:
		return "birth";
	default:
		return NULL;
	}
}

const struct sw_strategy *sw_find(const char *name)
{
	for (size_t i = 0; name && sw_strategies[i]; i++)
		if (!strcmp(sw_strategies[i]->name, name))
			return sw_strategies[i];
	return NULL;
}

static bool is_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

	return text && *text && strchr(letters, *text) &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
		       strlen(text);
}

/* What every strategy has ends with the hook confirm. */
int sw_strategy_read(const struct sw_strategy *strategy,
		     struct sw_strategy *whole)
{
	const size_t size = ABI_BYTES(strategy->abi);
	const size_t required = offsetof(struct sw_strategy, confirm) +
				sizeof strategy->confirm;

	if (size < required)
		return -EINVAL;
	if (ABI_VERSION(strategy->abi) != ABI_VERSION(SW_ABI))
		return -ENOTSUP;
	if (size > sizeof *whole &&
	    !sw_are_zero(strategy + 1, size - sizeof *whole))
		return -ENOTSUP;
	memset(whole, 0, sizeof *whole);
	memcpy(whole, strategy, size < sizeof *whole ? size : sizeof *whole);
	return 0;
}

static const char *check_form(const struct sw_strategy *strategy)
{
	const unsigned traits = strategy->traits;
	const unsigned suspends = traits & SW_SUSPENDS_CALLER;
	const unsigned asynchronous = traits & SW_ASYNCHRONOUS;

	if (!is_name(strategy->name))
		return "its name is not of the form [a-z][a-z0-9_]*";
	if (!strategy->summary || !*strategy->summary)
		return "it has no summary";
	if (strchr(strategy->summary, '\n'))
		return "its summary is longer than one line";
	if (!strategy->spawn || !strategy->confirm)
		return "it lacks the spawn or the confirm hook";
	if (!strategy->open != !strategy->close)
		return "it has one of open and close without the other";
	if (traits >> SW_TRAIT_COUNT)
		return "it declares a trait that does not exist";
	if (strategy->honours >> SW_FIELD_COUNT)
		return "it honours a field that does not exist";
	if (traits & SW_CREATES_NOTHING)
		return suspends || asynchronous
			       ? "it creates nothing and yet waits for it"
			       : NULL;
	if (!suspends && !asynchronous)
		return "it must declare suspends_caller or asynchronous: "
		       "whether its caller waits for exec";
	if (suspends && asynchronous)
		return "it cannot be both suspends_caller and asynchronous";
	if ((traits & SW_SHARES_MEMORY) &&
	    (traits & (SW_COPIES_PAGE_TABLES | SW_CHARGES_COMMIT)))
		return "it cannot share memory and copy it";
	return NULL;
}

const char *sw_check(const struct sw_strategy *strategy)
{
	struct sw_strategy whole;

	switch (sw_strategy_read(strategy, &whole)) {
	case 0:
		return check_form(&whole);
	case -EINVAL:
		return "it does not say what it was built for: .abi = SW_ABI";
	default:
		return ABI_VERSION(strategy->abi) != ABI_VERSION(SW_ABI)
			       ? "it was built for another version of the "
				 "contract: build it again"
			       : "it was built for a newer library, and uses "
				 "what this one does not know";
	}
}
