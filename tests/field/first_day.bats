#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Building, installing and drawing on a machine that is not its author's:
# packages are missing, folders have odd names, gnuplot has been set up.

load ../helpers

setup() {
	prepare
	run_data=$top/tests/data/run
	odd="$scratch/an [odd] folder's name"
}

teardown() {
	finish
}

# build ARGUMENTS...: make, of the build that is tested.
build() {
	case $command in */san/*) set -- SAN=1 "$@" ;; esac
	afresh make "$@"
}

@test "a test has no terminal that it could ask" {
	command -v script >/dev/null || skip "script(1) is not installed"
	printf '#!/bin/sh\n[ ! -t 0 ] && echo 1..0\n' >ask
	printf '@test "asks" {\n[ ! -t 0 ]\n}\n' >ask.bats
	chmod +x ask
	for ask in ./ask ./ask.bats; do
		afresh timeout 60 script -qec \
			"$(printf '%q ' "$top/tests/tap" $ask)" log >out ||
			{ cat out; return 1; }
	done
}

@test "what cannot be built for want of a package says so in one line" {
	check 1 env CC=false "$top/.ci/deps" -n build
	[ "$(wc -l <err)" -eq 1 ]
	says err "cannot be built without"
	says err "jansson.h"
	says err "run \`make deps\`"
	check 2 build -s -C "$top" B="$scratch/bare" CC=false \
		"$scratch/bare/bench/machine/units.o"
	says err "run \`make deps\`"
	[ ! -e bare/bench/machine/units.o ]
}

@test "make, install, test and plot in a folder with an odd name" {
	mkdir "$odd"
	cp -a "$top"/{.ci,Makefile,bench,data,docs,lib,plots,strategies,tests} \
		"$odd"
	cp -a "${command%/build/*}/build" "$odd"
	cd "$odd"
	build PREFIX="$odd/in" install >log 2>&1 || { cat log; return 1; }
	for file in bin/spawnwise lib/libspawnwise.so.0 \
		lib/pkgconfig/spawnwise.pc share/man/man3/spawnwise.3 \
		share/doc/spawnwise/data/README.md \
		share/doc/spawnwise/docs/examples/runner.c; do
		[ -s "in/$file" ] || { echo "no $file"; cat log; return 1; }
	done
	tail -n 1 log | grep -qF "LD_LIBRARY_PATH: $odd/in/lib"
	export PKG_CONFIG_PATH=$PWD/in/lib/pkgconfig
	[ "$(pkg-config --variable=prefix spawnwise)" = "$odd/in" ]
	eval "cc docs/examples/runner.c $(pkg-config --cflags --libs spawnwise) \
		-o runner"
	LD_LIBRARY_PATH=in/lib check 0 ./runner vfork 1M true
	build test UNITS= SCRIPTS=tests/docs.bats >log 2>&1 ||
		{ cat log; return 1; }
	for program in in/bin/spawnwise "${command#"$top/"}"; do
		check 0 "$program" plot tests/data/run --out charts
		[ "$(find charts -name '*.svg' | wc -l)" -eq 2 ]
	done
	build PREFIX="$odd/in" uninstall >log 2>&1
	[ -z "$(find in ! -type d)" ] || { find in ! -type d; return 1; }
}

@test "what somebody has set for gnuplot changes no chart" {
	check 0 "$command" plot "$run_data" --out plain
	mkdir home lib
	cat >home/.gnuplot <<-'GNUPLOT'
		set terminal wxt
		set logscale x 2
		set encoding iso_8859_1
		set decimalsign ','
		time = "confirm"
	GNUPLOT
	cp home/.gnuplot lib/gnuplotrc
	echo 'set grid' >lib/frame.gp
	check 0 env HOME="$PWD/home" GNUPLOT_LIB="$PWD/lib" GNUTERM=dumb \
		GNUPLOT_PS_DIR=/nowhere GNUPLOT_DRIVER_DIR=/nowhere \
		GNUPLOT_FONTPATH=/nowhere GDFONTPATH=/nowhere \
		GNUPLOT_DEFAULT_GDFONT=nothing FONTCONFIG_FILE=/nowhere \
		LC_ALL=de_DE.ISO-8859-1 LANG=C LANGUAGE=de TZ=Asia/Tokyo \
		DISPLAY=:99 COLUMNS=20 "$command" plot "$run_data" --out set
	diff -r plain set
}

@test "a gnuplot that fails, or draws nothing, is seen" {
	mkdir bin
	for body in 'exit 1' 'kill -9 $$' 'exit 0'; do
		printf '#!/bin/sh\n%s\n' "$body" >bin/gnuplot
		chmod +x bin/gnuplot
		PATH=$PWD/bin:$PATH refused 1 \
			"plot $run_data: gnuplot could not draw " doctor \
			plot "$run_data" --out charts
		if grep Drew err; then return 1; fi
		[ -z "$(ls charts)" ]
	done
}

@test "chart scripts that are not there are named" {
	SPAWNWISE_PLOTS=/nonexistent refused 1 \
		"plot $run_data: The chart scripts in /nonexistent cannot" \
		doctor plot "$run_data" --out charts
	says err "No such file or directory"
	says err "set SPAWNWISE_PLOTS to"
}

@test "a chart of refusals does not say that all else works" {
	mkdir some
	awk -F, 'NR == 1 || $4 == "fork" && $5 == 8589934592 && $11 == 2' \
		"$run_data/cells.csv" >some/cells.csv
	check 0 "$command" plot some --terminal dumb
	says out "fork fails in 1 cell, as predicted"
}

@test "run --plot draws, and does not tell how to draw" {
	check 0 "$command" run --strategy vfork --heap 0 --quick --out one --plot
	[ -s one/feasible.svg ]
	if grep 'Draw its charts' err; then return 1; fi
}
