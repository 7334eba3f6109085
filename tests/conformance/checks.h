/* SPDX-License-Identifier: MIT */
/*
 * The list of checks that every strategy must pass, and the one of baselines.
 *
 * A check that only concerns strategies with some traits, or without, says
 * so; one that this machine cannot do gives the reason.
 */
#ifndef CONFORMANCE_CHECKS_H
#define CONFORMANCE_CHECKS_H

struct check {
	const char *name;
	void (*run)(void **state); /* *state: struct scene */
	unsigned needs;		   /* traits a strategy must have for it */
	unsigned lacks;		   /* traits it must not have */
	unsigned honours;	   /* fields a strategy must honour for it */

	/* Why it cannot run here, or NULL. Optional. */
	const char *(*obstacle)(void);
};

/* Each ends with a check without a name. */
extern const struct check outcome_checks[]; /* statuses and errors */
extern const struct check arrival_checks[]; /* what the child gets */
extern const struct check search_checks[];  /* PATH */
extern const struct check field_checks[];   /* attributes of the child */
extern const struct check identity_checks[];
extern const struct check action_checks[]; /* folder and descriptors */
extern const struct check order_checks[];
extern const struct check terminal_checks[];
extern const struct check referee_checks[]; /* errors of actions */
extern const struct check caller_checks[];  /* what stays as it was */
extern const struct check snapshot_checks[];
extern const struct check scarce_checks[]; /* hard times */
extern const struct check storm_checks[];
extern const struct check death_checks[]; /* before exec */
extern const struct check signal_checks[];
extern const struct check handle_checks[]; /* requests, handles, threads */
extern const struct check trait_checks[];  /* declared facts are true */
extern const struct check flight_checks[];
extern const struct check borrow_checks[]; /* memory lent to a spawn */
extern const struct check filter_checks[]; /* under seccomp */
extern const struct check stack_checks[];
extern const struct check thread_checks[];
extern const struct check ending_checks[];  /* threads that end */
extern const struct check helper_checks[];  /* a helper dies */
extern const struct check poll_checks[];    /* for event loops */
extern const struct check foreign_checks[]; /* descriptors of others */
extern const struct check renewal_checks[]; /* it gets a successor */
extern const struct check trouble_checks[]; /* at any moment */
extern const struct check bond_checks[];    /* a helper and its caller */
extern const struct check worker_checks[];  /* threads of other rights */
extern const struct check code_checks[];
extern const struct check moment_checks[]; /* what a child inherits, now */
extern const struct check namespace_checks[];
extern const struct check change_checks[]; /* of the caller */
extern const struct check price_checks[];  /* what a handle may not cost */
extern const struct check map_checks[];	   /* of baselines too */
extern const struct check run_checks[];	   /* likewise */
extern const struct check growth_checks[]; /* likewise */

/* Of a check that needs a strategy with a helper. */
#define NEEDS_HELPER .needs = SW_NEEDS_EARLY_OPEN, .obstacle = children_unseen

/* For baselines, which keep less of the contract, instead of all the above. */
extern const struct check baseline_checks[];

/* Register the handlers that trait_checks count; once, at start. */
int traits_watch_atfork(void);

#endif
