#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Adding an axis of `run`, a column, a verb, a lab and a chart: the files that are
# touched, and what follows by itself.

load ../helpers

setup() {
	prepare
}

teardown() {
	finish
}

# copy_tree: the sources and what was built of them, in ./tree.
copy_tree() {
	case $command in */san/*) skip "a copy builds no sanitizer" ;; esac
	mkdir tree
	cp -a "$top"/{.ci,Makefile,bench,data,docs,lib,plots,strategies,tests} \
		tree
	cp -a "${command%/spawnwise}" tree/build
}

# build_tree: quietly, and no more than what is asked for, which needs no fast
# code.
build_tree() {
	afresh make -s -C tree CFLAGS=-O0 "$@" >out 2>&1 || { cat out; return 1; }
}

# touched: files of the tree that are not as they were.
touched() {
	diff -rq "$top" tree -x build -x .git -x runs -x latest -x __pycache__ |
		grep -c -e '^Files ' -e '^Only in tree'
}

# The nice value of the parent, with the code that sets it.
add_axis() {
	sed -i -e '/fits = environment_fits),/{n;a\
	FIELD("nice", COUNT, CELL(later[2].count), "nice value of the parent",\
	      AXIS("nice", 0, AXIS_QUIET, "nice value of the parent", "0",\
		   .apply = set_nice),\
	      .most = 19, .absent = "0"),
	}' -e '/^#define CELL(/i\
static int set_nice(const struct cell *cell, struct failure *why)\
{\
	(void)why;\
	return nice(cell->later[2].count) < -20 ? -1 : 0;\
}\
' tree/bench/files/axes.c
}

@test "an axis is a row with its code, and its line in data/README.md" {
	copy_tree
	add_axis
	build_tree build/spawnwise build/payload build/tests/columns
	(cd tree && build/tests/columns | docs/tables data/README.md >"$scratch/new")
	cp new tree/data/README.md
	[ "$(touched)" -eq 2 ]
	grep -q '^| `nice` | | nice value of the parent |$' tree/data/README.md
	made=$PWD/tree/build/spawnwise
	"$made" run --help | grep -q -- '--nice LIST  *nice value of the parent'
	"$made" help --scdoc | grep -q '^\*--nice\* _LIST_$'
	command=$made
	refused 2 'run --nice 0,20: "20" is out of range' "from 0 to 19" \
		run --nice 0,20
	refused 2 'run --nice 5,05: "05" is there twice' "once" run --nice 5,05
	check 0 "$made" run "${few[@]}" --heap 0 --strategy vfork --nice 0,5 \
		--out run -- sh -c "nice >>$PWD/seen"
	says out "backing base, cpu same"
	says out "backing base, cpu same, nice 5"
	[ "$(sort seen | uniq -c | wc -l)" -eq 2 ]
	for file in samples plan cells; do
		awk -F, 'NR == 1 { exit $NF != "nice" }' run/$file.csv
		[ "$(sed 1d run/$file.csv | grep -o ',[0-9]*$' | sort -u |
			tr -d '\n')" = ,0,5 ]
	done
	grep -q '"vfork/heap:0/overcommit:[012]/nice:5/block:' run/gbench.json
	# A chart is of one state, and says of which.
	if command -v gnuplot >/dev/null; then
		check 0 "$made" plot --state base/0/same/nice=5 run
		grep -q "nice 5 (1 of 2 states)" run/feasible.svg
	fi
	# What was measured before there was the axis is of the default.
	sed -i 's/,[^,]*$//' run/samples.csv run/plan.csv
	rm run/cells.csv
	check 0 "$made" summarise run
	[ "$(sed 1d run/cells.csv | grep -o ',[0-9]*$' | sort -u)" = ,0 ]
}

# The lower quartile of the good samples.
add_column() {
	sed -z -i 's/\n\n#define SUMMARY_MEMBER/ \\\
	STATISTIC(p25_ns, NS, "a quarter of the good samples are below")&/' \
		tree/bench/files/run.h
	sed -i '/^	row->p5_ns = /a\
	row->p25_ns = stats_quantile(values, count, 0.25);' \
		tree/bench/judge/summary.c
}

@test "a column of cells.csv is a line, and the code that computes it" {
	copy_tree
	add_column
	build_tree build/spawnwise build/payload build/tests/columns \
		build/tests/unit/cells_test
	(cd tree && build/tests/columns | docs/tables data/README.md >"$scratch/new")
	cp new tree/data/README.md
	[ "$(touched)" -eq 3 ]
	grep -q '^| `p25_ns` | ns | a quarter of the good' tree/data/README.md
	(cd tree && build/tests/unit/cells_test)
	made=$PWD/tree/build/spawnwise
	check 0 "$made" run "${few[@]}" --heap 0 --strategy vfork --out run
	head -n 1 run/cells.csv | grep -q ',p25_ns,label,'
	python3 - <<-'PYTHON'
	import csv
	for row in csv.DictReader(open("run/cells.csv")):
	    low, mid, high = (row[c] for c in ("p5_ns", "p25_ns", "p95_ns"))
	    assert bool(mid) == bool(low), row
	    assert not mid or int(low) <= int(mid) <= int(high), row
	PYTHON
	# A run from before there was the column is still read.
	check 0 "$made" choose --heap 1G --data "$top/tests/data/schema1"
	check 0 "$made" choose --heap 1G --data run
}

# The smallest one.
add_verb() {
	cat >tree/bench/verbs/hello.c <<-'C'
		/* SPDX-License-Identifier: MIT */
		/* hello: greets. */

		#include <stdio.h>

		#include "bench/verbs/verbs.h"

		struct options {
			const char *name;
		};

		static int hello_run(const struct arguments *args, struct failure *why)
		{
			const struct options *options = (const void *)args->options;

			(void)why;
			printf("Hello, %s.\n", options->name);
			return EXIT_DONE;
		}

		static const struct option_spec hello_options[] = {
			OPTION("name", 0, TEXT, "whom",
			       INTO(name),
			       .fallback = "world"),
			{ 0 },
		};

		static const char *const hello_examples[] = { "spawnwise hello", NULL };

		const struct verb verb_hello = {
			.name = "hello",
			.summary = "greet",
			.options = hello_options,
			.examples = hello_examples,
			.run = hello_run,
		};
	C
}

@test "a verb is a file" {
	copy_tree
	add_verb
	build_tree build/spawnwise
	[ "$(touched)" -eq 1 ]
	command=$PWD/tree/build/spawnwise
	check 0 "$command" hello --name you
	[ "$(cat out)" = "Hello, you." ]
	"$command" --help | grep -q '^  hello  *greet$'
	"$command" help --scdoc | grep -q '^## spawnwise hello$'
	refused 2 "run verb 'helo'" "Did you mean 'hello'?" helo
	rm tree/bench/verbs/hello.c
	build_tree build/spawnwise
	refused 2 "run verb 'hello'" "lists the verbs" hello
}

# The smallest one: how large is a page?
add_lab() {
	cat >tree/bench/labs/page.c <<-'C'
		/* SPDX-License-Identifier: MIT */
		/* page: how large is a page? */

		#include <unistd.h>

		#include "bench/labs/part.h"

		struct page {
			struct trial trial;
			uint64_t page_bytes;
		};

		static const struct row_field fields[] = {
			FIELD("overcommit", COUNT, offsetof(struct page, trial.mode)),
			FIELD("page_bytes", BYTES, offsetof(struct page, page_bytes)),
			{ 0 },
		};

		static const struct row_type type = { "page.csv",
						      { { .fields = fields } } };

		static int ask(void *row)
		{
			struct page *page = row;

			page->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
			page->trial.agrees = page->page_bytes >= 4096;
			return 0;
		}

		static const struct lesson lessons[] = {
			{ NULL, "Mode {mode}: a page has {page_bytes}." },
			{ 0 },
		};

		static const struct lab_part part = {
			.row_bytes = sizeof(struct page),
			.doing = "ask for a page",
			.act = ask,
			.limit_ms = 10000,
			.all = "All {tried} were predicted.",
			.lessons = lessons,
		};

		static const struct lab_part *const parts[] = { &part, NULL };

		const struct lab lab_page = {
			.name = "page",
			.place = 9,
			.summary = "how large a page is",
			.row = &type,
			.parts = parts,
		};
	C
}

@test "a lab is a file" {
	copy_tree
	add_lab
	build_tree build/spawnwise
	[ "$(touched)" -eq 1 ]
	command=$PWD/tree/build/spawnwise
	[ "$("$command" lab | tail -n 1)" = "page      how large a page is" ]
	check 0 "$command" lab page --out here
	[ "$(sed -n 1p here/page.csv)" = overcommit,page_bytes ]
	[ "$(sed -n 2p here/page.csv)" = "0,$(getconf PAGESIZE)" ]
	says out "All 1 were predicted."
	says out "Mode 0: a page has "
	rm tree/bench/labs/page.c
	build_tree build/spawnwise
	refused 2 "run lab 'page'" "lists them" lab page
}

@test "a chart is a file" {
	copy_tree
	command -v gnuplot >/dev/null || skip "needs gnuplot"
	cat >tree/plots/heaps.gp <<-'GP'
		# SPDX-License-Identifier: MIT
		# Which heaps were measured?
		# reads: cells.csv
		load plots."/cells.gp"
		finding = "Heaps of".heaps
		subtitle = "bytes"
		eval titles
		plot x notitle
	GP
	[ "$(touched)" -eq 1 ]
	check 0 tree/build/spawnwise plot "$top/tests/data/run" --out charts
	grep -q '>Heaps of 0 67108864 ' charts/heaps.svg
	[ -s charts/heaps.png ]
}
