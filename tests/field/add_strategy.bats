#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Adding a strategy as the README says, to the letter: one file.

load ../helpers

setup() {
	prepare
}

teardown() {
	finish
}

@test "the README's lines add a strategy, and no test fails for it" {
	case $command in */san/*) skip "the README builds no sanitizer" ;; esac
	mkdir tree
	cp -a "$top"/{.ci,Makefile,README.md,CONTRIBUTING.md,LICENSE,bench} \
		"$top"/{data,docs,lib,plots,strategies,tests} tree
	cp -a "${command%/spawnwise}" tree/build
	cd tree
	sed -n '/^## Add a strategy/,/^## /s/^    //p' README.md |
		grep -v '^make test' >lines
	[ "$(wc -l <lines)" -eq 2 ]
	afresh sh -e lines >out 2>&1 || { cat out; return 1; }
	grep -q '^mine ' out || { cat out; return 1; }
	build/spawnwise list --csv >list
	grep -q '^mine,yes,.*,creates nothing,$' list || { cat list; return 1; }
	# Of each file that once failed, a test that looks at every strategy. They
	# ask for the lock of prepare themselves: beside a test that waits for it
	# alone neither would come to an end if this one kept it meanwhile.
	exec 9<&-
	for test in "exec:status, by every strategy" "charts:differ in colour" \
		"docs:tables of strategies"; do
		afresh SPAWNWISE="$PWD/build/spawnwise" \
			bats -f "${test#*:}" "tests/${test%%:*}.bats" >out 2>&1 ||
			{ cat out; return 1; }
		grep -q '^ok 1 ' out || { cat out; return 1; }
	done
}

@test "more strategies than a run can hold are refused, not measured in part" {
	case $command in */san/*) skip "a copy builds no sanitizer" ;; esac
	mkdir tree
	cp -a "$top"/{.ci,Makefile,bench,lib,strategies} tree
	cp -a "${command%/spawnwise}" tree/build
	have=$("$command" list --csv | sed 1d | wc -l)
	for ((number = have; number <= 32; number++)); do
		sed "s/null/more$number/g" "$top/strategies/null.c" \
			>tree/strategies/more"$number".c
	done
	# What is asked of them needs no fast code.
	afresh make -s -j2 -C tree CFLAGS=-O0 build/spawnwise >out 2>&1 || { cat out; return 1; }
	command=$PWD/tree/build/spawnwise
	refused 2 "run --strategy all: there are more than 32" "Name those" \
		run --dry-run --heap 0
	names=$("$command" list --csv | sed 1d | cut -d, -f1 | head -n 33 |
		paste -sd,)
	refused 2 "run --strategy $names: " "at most 32" \
		run --dry-run --heap 0 --strategy "$names"
	check 0 "$command" run --dry-run -q --heap 0 --strategy "${names%,*}"
}
