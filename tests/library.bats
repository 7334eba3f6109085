#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The library as its users meet it: installed, found by pkg-config, linked
# shared and static, with other compilers and another libc.

load helpers

setup_file() {
	prepare
	export prefix=$BATS_FILE_TMPDIR/prefix
	local status=0
	build install PREFIX="$prefix" >log 2>&1 || status=$?
	[ "$status" -eq 0 ] || cat log
	"$command" list --csv >"$BATS_FILE_TMPDIR/strategies.csv" || status=$?
	finish
	return "$status"
}

setup() {
	prepare
	examples=$top/docs/examples
	export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
	export LD_LIBRARY_PATH=$prefix/lib
}

teardown() {
	finish
}

# build ARGUMENTS...: make, of the build that is tested.
build() {
	case $command in */san/*) set -- SAN=1 "$@" ;; esac
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$top" "$@"
}

# compile PROGRAM ARGUMENTS...: as the comment of each example says.
compile() {
	local program=$1
	shift
	# shellcheck disable=SC2046
	"$@" -Wall -Wextra -Werror \
		$(pkg-config --cflags --libs spawnwise) -o "$program"
}

# example NAME: ./NAME, linked to the shared library, by whoever asks first.
example() {
	local program=$BATS_FILE_TMPDIR/$1
	[ -x "$program" ] || compile "$program" cc "$examples/$1.c" || return 1
	ln -s "$program" "$1"
}

# The names that the header declares.
public_names() {
	echo '#include <spawnwise.h>' |
		cc -E -P -I "$prefix/include" - |
		grep -oE '\<sw_[a-z_]+\(|\<sw_strategies;' | tr -d '(;' | sort
}

# strategies COLUMN WORD: those that have it in that column of the list, or
# with "not" before the word those that have not.
strategies() {
	awk -F , -v column="$1" -v want=$(($# == 2)) -v word="${*: -1}" '
		{ gsub(/"[^"]*"/, "") } # texts, with commas in them
		NR == 1 {
			for (i = 1; i <= NF; i++) at[$i] = i
			if (!(column in at && "supported" in at)) exit 1
		}
		NR > 1 && $at["supported"] == "yes" && want == \
			(index(" " $at[column] " ", " " word " ") > 0) {
			print $at["name"]
		}' "$BATS_FILE_TMPDIR/strategies.csv"
}

# runs_everywhere RUNNER: the command's status comes in place and, where the
# child is ours, from all eight in parallel; the first failure stops it.
runs_everywhere() {
	local name
	for name in $(strategies traits not no_such_trait); do
		check 0 "$1" "$name" 16M || return 1
		says out "in place: status = 0" || return 1
	done
	for name in $(strategies traits asynchronous) \
		$(strategies traits suspends_caller); do
		strategies traits baseline | grep -qx "$name" && continue
		check 0 "$1" "$name" 16M sh -c 'exit 3' || return 1
		[ "$(grep -c 'in parallel: status = 768' out)" = 8 ] || return 1
	done
}

@test "a distribution's layout: every file in its place, none after uninstall" {
	set -- DESTDIR="$scratch/root" PREFIX=/usr \
		LIBDIR=/usr/lib/x86_64-linux-gnu
	build install "$@" >log
	cd root/usr
	for file in bin/spawnwise include/spawnwise.h share/man/man1/spawnwise.1 \
		share/man/man3/spawnwise.3 libexec/spawnwise/payload \
		lib/x86_64-linux-gnu/libspawnwise.a \
		lib/x86_64-linux-gnu/libspawnwise.so \
		lib/x86_64-linux-gnu/libspawnwise.so.0 \
		lib/x86_64-linux-gnu/pkgconfig/spawnwise.pc; do
		[ -s "$file" ] || { echo "no $file"; return 1; }
	done
	cd lib/x86_64-linux-gnu
	[ "$(readlink libspawnwise.so)" = libspawnwise.so.0 ]
	[ "$(readlink libspawnwise.so.0)" = "libspawnwise.so.$(pkg-config \
		--modversion spawnwise)" ]
	says pkgconfig/spawnwise.pc "prefix=/usr"
	says pkgconfig/spawnwise.pc "libdir=/usr/lib/x86_64-linux-gnu"
	! grep -r "$scratch" . || return 1
	cd "$scratch"
	build uninstall "$@" >log
	[ -z "$(find root ! -type d)" ] || { find root ! -type d; return 1; }
}

@test "the version is the command's" {
	check 0 "$command" --version
	[ "$(cat out)" = "spawnwise $(pkg-config --modversion spawnwise)" ]
}

@test "the shared library exports the header's names, with their version" {
	public_names >expected
	[ "$(wc -l <expected)" -gt 10 ]
	nm -D --defined-only "$prefix/lib/libspawnwise.so" >names
	awk '$2 != "A" { print $3 }' names | sort >all
	sed -n 's/@@SPAWNWISE_0\.[0-9]*$//p' all | diff expected -
	[ "$(wc -l <all)" = "$(wc -l <expected)" ] || { cat all; return 1; }
	readelf -d "$prefix/lib/libspawnwise.so" >dynamic
	says dynamic "soname: [libspawnwise.so.0]"
}

@test "nothing that a new strategy adds changes the size of a public object" {
	nm -D -S --defined-only "$prefix/lib/libspawnwise.so" >names
	awk '$3 ~ /^[BDRV]$/ { print $2, $4 }' names >objects
	size=$(printf '%016x' $(($(getconf LONG_BIT) / 8)))
	grep -qx "$size sw_strategies@@.*" objects
	[ "$(wc -l <objects)" = 1 ] || { cat objects; return 1; }
}

@test "the static library holds the header's names and no other global ones" {
	public_names >expected
	nm -g --defined-only "$prefix/lib/libspawnwise.a" |
		awk 'NF == 3 { print $3 }' | sort | diff expected -
}

@test "the header alone suits strict C and C++" {
	for compiler in gcc clang; do
		command -v $compiler >/dev/null || continue
		for language in c:c99 c:c11 c:c17 c++:c++11 c++:c++17 c++:c++20; do
			echo '#include <spawnwise.h>' | $compiler \
				-x "${language%:*}" -std="${language#*:}" -Wall \
				-Wextra -pedantic -Werror -I "$prefix/include" \
				-fsyntax-only - || return 1
		done
	done
}

@test "C++ spawns, and may name the members of a request" {
	compile minimal g++ -std=c++11 -Wpedantic "$examples/minimal.cc"
	check 0 ./minimal
	[ "$(cat out)" = "it says: $(uname -s)" ]
	cat >named.cc <<-'EOF_CC'
	#include <spawnwise.h>
	int main()
	{
		char name[] = "true";
		char *argv[] = { name, nullptr };
		const sw_request request = {
			.path = name, .search = true, .argv = argv,
		};
		sw_handle *handle;
		sw_child child;
		if (sw_open(sw_find("vfork"), &handle) ||
		    sw_run(handle, &request, &child))
			return 1;
		sw_close(handle);
		return child.status;
	}
	EOF_CC
	compile named g++ -std=c++20 -Wpedantic \
		-Wno-missing-field-initializers named.cc
	check 0 ./named
}

@test "a strategy of one's own, in C and C++, says what it was built for" {
	cat >own.c <<-'EOF_C'
	#include <spawnwise.h>
	#include <stdio.h>
	static int spawn(void *state, const struct sw_request *request,
			 struct sw_child *child)
	{
		return state || !request->path || child->in_flight;
	}
	static int confirm(void *state, struct sw_child *child, int timeout_ms)
	{
		return state || child->pid || timeout_ms != -1;
	}
	int main(void)
	{
		const struct sw_strategy own = {
			ABI
			.name = "own",
			.summary = "creates nothing",
			.traits = SW_CREATES_NOTHING,
			.spawn = spawn,
			.confirm = confirm,
		};
		const char *fault = sw_check(&own);
		printf("%d: %s\n", sw_supported(&own), fault ? fault : "sound");
		return 0;
	}
	EOF_C
	for language in "gcc -x c -std=c99" "g++ -x c++ -std=c++20"; do
		# shellcheck disable=SC2086
		compile own $language -Wno-missing-field-initializers \
			-DABI='.abi = SW_ABI,' own.c
		check 0 ./own
		[ "$(cat out)" = "0: sound" ]
		# shellcheck disable=SC2086
		compile own $language -Wno-missing-field-initializers -DABI= own.c
		check 0 ./own
		says out "-22: it does not say what it was built for: .abi = SW_ABI"
	done
}

@test "a big program runs commands, with the shared library" {
	example runner
	readelf -d runner >dynamic
	says dynamic "libspawnwise.so.0"
	runs_everywhere ./runner
	check 1 ./runner vfork 16M ./no-such-command
	says err "cannot run the command: No such file or directory"
	check 1 ./runner no_such_strategy
}

@test "a small program runs a command by each strategy, and names the step" {
	compile run cc -std=c99 -pedantic "$examples/run.c"
	for name in $(strategies traits not creates_nothing); do
		check 3 ./run "$name" sh -c 'echo it runs; exit 3'
		[ "$(cat out)" = "it runs" ]
	done
	for name in $(strategies honours umask); do
		check 1 ./run "$name" ./no-such-command
		says err "run: ./no-such-command: exec: No such file"
		check 143 ./run "$name" sh -c 'kill $$'
	done
	check 2 ./run no_such_strategy true
}

@test "a plugin that is linked to the library is loaded by the command" {
	compile slower.so cc -shared -fPIC "$examples/slower.c"
	readelf -d slower.so >dynamic
	says dynamic "libspawnwise.so.0"
	check 0 "$prefix/bin/spawnwise" list --csv --plugin slower.so
	grep -q '^slower,yes,,.*suspends the caller"*,$' out || { cat out; return 1; }
}

@test "the loader refuses a program that was built for another version" {
	example runner
	mkdir next
	sed 's/^SPAWNWISE_0\.[0-9]*/SPAWNWISE_0.next/' \
		"$top/lib/libspawnwise.map" >next.map
	cc -shared -Wl,-soname,libspawnwise.so.0,--version-script=next.map \
		-Wl,--whole-archive "$prefix/lib/libspawnwise.a" \
		-Wl,--no-whole-archive -o next/libspawnwise.so.0
	LD_LIBRARY_PATH=$PWD/next check 1 ./runner vfork 16M
	grep -q "version .SPAWNWISE_0.* not found" err
}

@test "a big program runs commands, with the static library" {
	compile runner cc -static "$examples/runner.c"
	! readelf -d runner | grep NEEDED || return 1
	runs_everywhere ./runner
}

@test "more heap than memory: only what charges it once more fails" {
	[ "$(cat /proc/sys/vm/overcommit_memory)" = 0 ] ||
		skip "vm.overcommit_memory is not 0"
	example runner
	heap=$(awk '/^(MemTotal|SwapTotal):/ { kib += $2 }
		END { print int(kib * 1.5 / 1024) "Muntouched" }' /proc/meminfo)
	for name in $(strategies traits charges_commit); do
		check 1 ./runner "$name" "$heap"
		says err "cannot run the command: Cannot allocate memory"
	done
	for name in $(strategies traits not charges_commit); do
		check 0 ./runner "$name" "$heap"
		says out "in place: status = 0"
	done
}

@test "an event loop hears of every end through pidfds" {
	full="did not start: Too many open files"
	example eventloop
	for name in $(strategies honours pidfd); do
		check 0 ./eventloop "$name" 'exit 3' 'kill $$' \
			$(yes exit | head -n 300)
		[ "$(grep -c "'exit' ended with status 0" out)" = 300 ]
		says out "'exit 3' ended with status 768"
		says out "'kill \$\$' ended with status 15"
		(ulimit -n 20; check 0 ./eventloop "$name" \
			$(yes exit | head -n 50))
		[ "$(grep -cE "^'exit' (ended with status 0|$full)$" out)" = 50 ]
	done
	check 2 ./eventloop null exit
}

# cpu_ms COMMAND...: milliseconds of CPU that it took.
cpu_ms() {
	local TIMEFORMAT='%3U %3S'
	{ time "$@" >out 2>err; } 2>took
	awk '{ print int(($1 + $2) * 1000) }' took
}

@test "an event loop outlives a helper, and does not spin for its death" {
	example eventloop
	# A helper is the loop's first child.
	# shellcheck disable=SC2016
	kill_helper='read -r pid rest </proc/$PPID/task/$PPID/children;
		read -r name </proc/$pid/comm;
		[ "$name" != spawnwise-brokr ] || kill -9 $pid'
	for name in $(strategies traits needs_early_open); do
		check 0 ./eventloop "$name" "$kill_helper; exit 0" \
			$(yes exit | head -n 200)
		[ "$(grep -c "'exit' ended with status 0" out)" = 200 ]
		[ "$(cpu_ms ./eventloop "$name" \
			"$kill_helper; exec sleep 1")" -lt 500 ]
		says out "exec sleep 1' ended with status 0"
	done
}

@test "the manual pages render without a warning" {
	command -v man >/dev/null || skip "man is not installed"
	for page in man1/spawnwise.1 man3/spawnwise.3; do
		LC_ALL=C.UTF-8 man -l --warnings "$prefix/share/man/$page" \
			>page 2>err
		[ ! -s err ] || { cat err; return 1; }
		grep -q '^NAME' page
		[ "${page%%/*}" = man1 ] || grep -qF '%s\n' page
	done
}

@test "the example of the manual page runs" {
	# scdoc takes one of two backslashes away.
	sed -n '/^# EXAMPLE/,${/^```$/,/^```$/p}' "$top/docs/spawnwise.3.scd" |
		sed -e '/^```$/d' -e 's/\\\\/\\/g' >example.c
	grep -qF '%s\n' example.c
	compile example cc -std=c99 -pedantic example.c
	check 0 ./example
	[ "$(cat out)" = "Hello!" ]
}

@test "with musl the library builds and runs" {
	cc=cc
	if ! cc -dumpmachine | grep -q musl; then
		command -v musl-gcc >/dev/null ||
			skip "musl-gcc is not installed"
		# The kernel's headers without the other libc's.
		asm=/usr/include/asm
		[ -d $asm ] || asm=/usr/include/$(cc -dumpmachine)/asm
		mkdir kernel
		ln -s /usr/include/linux /usr/include/asm-generic "$asm" kernel
		cc="musl-gcc -isystem $scratch/kernel"
	fi
	build library B="$scratch/musl" CC="$cc" WERROR=-Werror CFLAGS=-O2
	$cc -static -Wall -Wextra -Werror -I "$prefix/include" \
		"$examples/runner.c" musl/pic/libspawnwise.a -o runner
	runs_everywhere ./runner
}

@test "for aarch64 the library builds" {
	tool=aarch64-linux-gnu
	command -v $tool-gcc >/dev/null || skip "$tool-gcc is not installed"
	echo '#include <stdio.h>' | $tool-gcc -fsyntax-only -x c - ||
		skip "$tool-gcc has no libc"
	build library B="$scratch/aarch64" CC=$tool-gcc AR=$tool-ar \
		OBJCOPY=$tool-objcopy WERROR=-Werror CFLAGS=-O2
	readelf -h aarch64/libspawnwise.so.* >header
	says header AArch64
	public_names >expected
	$tool-nm -g --defined-only aarch64/pic/libspawnwise.a |
		awk 'NF == 3 { print $3 }' | sort | diff expected -
}
