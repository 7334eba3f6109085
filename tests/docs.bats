#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The documents name what exists.

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
}

# Quoted sentences of the hazard page, one a line, unwrapped.
named_checks() {
	tr '\n' ' ' <docs/hazards.md | grep -o '"[^"]*"' | tr -s ' ' | sort -u
}

@test "every test that docs/hazards.md names is in the conformance list" {
	[ "$(named_checks | wc -l)" -gt 20 ]
	while read -r name; do
		grep -rqF ".name = $name" tests/conformance || {
			echo "no check is called $name"
			false
		}
	done < <(named_checks)
}

@test "every lab stands in the man page, and its file in data/README.md" {
	labs=$("${SPAWNWISE:-build/spawnwise}" lab | cut -d ' ' -f 1)
	[ "$(echo "$labs" | wc -l)" -ge 6 ]
	for lab in $labs; do
		grep -qx "_${lab}_" docs/spawnwise.1.scd
		grep -qx "## $lab.csv" data/README.md
	done
}

@test "the tables of data/README.md are those of the code" {
	columns=$(dirname "${SPAWNWISE:-build/spawnwise}")/tests/columns
	[ -x "$columns" ] || skip "make build/tests/columns"
	[ "$("$columns" | wc -l)" -gt 150 ]
	"$columns" | docs/tables data/README.md | diff - data/README.md || {
		echo "run make tables"
		false
	}
}

@test "every local link of the documents leads somewhere" {
	for page in README.md CONTRIBUTING.md docs/*.md data/README.md; do
		while read -r link; do
			[ -e "$(dirname "$page")/$link" ] || {
				echo "$page links to $link"
				false
			}
		done < <(grep -o '](\([^):]*\))' "$page" | sed 's/](\(.*\))/\1/')
	done
}

# Those that the docs have, and those that git has: whoever tries out a strategy
# of their own need not write docs.
documented() {
	sed -n '1,/^## /s/^| \([a-z][a-z0-9_]*\) .*/\1/p' docs/strategies.md
	git ls-files strategies 2>/dev/null |
		sed -e 's|^strategies/||' -e 's|[./].*||'
}

@test "the tables of strategies are those of the code" {
	"${SPAWNWISE:-build/spawnwise}" list --csv >"$BATS_TEST_TMPDIR/all"
	[ "$(documented | sort -u | wc -l)" -ge 9 ]
	{
		head -n 1 "$BATS_TEST_TMPDIR/all"
		grep -f <(documented | sed 's/.*/^&,/') "$BATS_TEST_TMPDIR/all"
	} | docs/tables | diff - docs/strategies.md || {
		echo "run make tables"
		false
	}
}

@test "a file has a header of its name and a length; no modules or rooms use each other" {
	.ci/modules
}

@test "a file without a header, a long one and circles are found" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p bench/a bench/b lib strategies
	echo '#include "bench/a/two.h"' | tee bench/a/one.h >bench/a/two.c
	echo '#include "bench/a/one.h"' >bench/a/two.h
	touch bench/a/spill.c
	echo 'const struct verb verb_run = {' >bench/a/run.c
	touch bench/a/long.h bench/a/told.h
	echo '#include "bench/b/low.h"' >bench/a/told.h
	echo '#include "bench/a/long.h"' >bench/b/high.h
	touch bench/b/low.h
	seq 301 >bench/a/long.c
	{ echo '/* */' && echo '/* Longer: why. */' && seq 299; } >bench/a/told.c
	run "$OLDPWD/.ci/modules" .
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = "bench/a/spill.c: it has no header of its name" ]
	[ "${lines[1]}" = "bench/a/long.c: it is long, and does not say why" ]
	[ "${lines[2]}" = "bench/a/one: it includes what includes it" ]
	[ "${lines[3]}" = "bench/a/two: it includes what includes it" ]
	[ "${lines[4]}" = "bench/a: it uses a room that uses it" ]
	[ "${lines[5]}" = "bench/b: it uses a room that uses it" ]
	[ "${#lines[@]}" -eq 6 ]
}

@test "the files that the docs name are there" {
	cd "$BATS_TEST_DIRNAME/.."
	grep -hoE '`[.a-z]+/[A-Za-z0-9_./-]+\.(c|h|gp|bats|md|sh)`' README.md \
		CONTRIBUTING.md docs/*.md data/README.md | tr -d '`' | sort -u |
		grep -v -e NAME -e mine >"$BATS_TEST_TMPDIR/named"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/named")" -gt 20 ]
	while read -r file; do
		[ -e "$file" ] || [ -e "bench/$file" ] || echo "no $file"
	done <"$BATS_TEST_TMPDIR/named" >"$BATS_TEST_TMPDIR/gone"
	cat "$BATS_TEST_TMPDIR/gone"
	[ ! -s "$BATS_TEST_TMPDIR/gone" ]
}
