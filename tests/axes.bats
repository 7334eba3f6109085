#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# run: the axes of a parent make it what they say, and its children see that.

load helpers

setup() {
	prepare
}

teardown() {
	finish
}

# seen LABEL: each number that was often written to the file of that name.
seen() {
	sort -n "seen.$1" | uniq -c | awk '$1 >= 30 { print $2 }'
}

@test "a heap consists of as many mappings as --vmas says" {
	# shellcheck disable=SC2016
	check 0 "$command" run "${few[@]}" -s fork --heap 1M --vmas 1,100 \
		--backing untouched --out run -- \
		sh -c 'grep -c . /proc/$PPID/maps >>"$0"' "$PWD/seen.maps"
	seen maps >numbers
	[ "$(($(tail -n 1 numbers) - $(head -n 1 numbers)))" -ge 99 ]
	[ "$(rows run reap vmas | sort -u | tr '\n' ' ')" = "1 100 " ]
}

@test "a heap that has too few pages for its mappings is not measured" {
	check 3 "$command" run "${few[@]}" -s fork --heap 0,64K --vmas 16,17 \
		--out run
	says err "a heap of 64 KiB has no 17 mappings"
	says err "a heap of 0 B has no 16 mappings"
	[ "$(rows run reap ok vmas | awk '$1 > 0 { print $2 }')" = 16 ]
}

@test "what a fork does not copy is not asked for" {
	check 0 "$command" run "${few[@]}" -s fork,vfork --heap 16M \
		--backing base,untouched,shared,dontfork --out run
	[ "$(rows run reap failed | sort -u)" = 0 ]
	rows run reap strategy backing commit_bytes >asked
	[ "$(awk '$1 == "vfork" && $3' asked)" = "" ]
	least=$(awk '$1 == "fork" { print $3 }' asked | sort -n | head -n 1)
	awk -v least="$least" '$1 == "fork" { heap = $3 - least
		print $2, (heap > 15 * 2 ^ 20), (heap < 2 ^ 20) }' asked | sort >heaps
	diff heaps - <<-END
	base 1 0
	dontfork 0 1
	shared 0 1
	untouched 1 0
	END
}

@test "huge pages that nobody set aside are not taken" {
	[ "$(awk '/HugePages_Free/ { print $2 }' /proc/meminfo)" -lt 8 ] ||
		skip "huge pages are set aside here"
	check 3 "$command" run "${few[@]}" -s fork --heap 16M \
		--backing base,hugetlb --out run
	says err "fewer than 8 huge pages of 2 MiB are set aside and free"
}

@test "children inherit the descriptors of --fds, or close them" {
	# shellcheck disable=SC2016
	check 0 "$command" run "${few[@]}" -s vfork --heap 0 --fds 0,100 \
		--closefds no,loop,range --out run -- \
		sh -c 'set -- /proc/self/fd/*; echo $# >>"$0"' "$PWD/seen.fds"
	# Of six kinds of parents one passes a hundred on, and what the test has
	# open; children that close all have the least.
	most=$(seen fds | tail -n 1)
	seen fds | grep -qx $((most - 100))
	[ "$(seen fds | wc -l)" -le 3 ]
	[ "$(grep -c -x "$most" seen.fds)" -lt "$(wc -l <seen.fds)" ]
	[ "$(seen fds | head -n 1)" -le 4 ]
	[ "$(rows run reap failed | sort -u)" = 0 ]
}

@test "a strategy that cannot close descriptors says so" {
	check 0 "$command" run "${few[@]}" -s vfork,system --heap 0 \
		--closefds range --out run
	says out "not supported, as predicted"
	[ "$(rows run reap strategy errno | grep ENOTSUP)" = "system ENOTSUP" ]
}

@test "children have the environment of --env" {
	# shellcheck disable=SC2016
	check 0 "$command" run "${few[@]}" -s posix_spawn --heap 0 --env 0,64K \
		--out run -- sh -c 'wc -c </proc/self/environ >>"$0"' \
		"$PWD/seen.env"
	seen env >numbers
	[ "$(($(tail -n 1 numbers) - $(head -n 1 numbers)))" -eq 65536 ]
}

@test "an axis that cannot be had here is refused, with what fits" {
	refused 2 "run --vmas 0: a heap is a mapping at least" "Use 1 or more." \
		run --vmas 0
	most=$(cat /proc/sys/vm/max_map_count)
	refused 2 "run --vmas 9000000: vm.max_map_count is $most" \
		"Use --vmas $((most - 1000)) at most, or allow more" \
		run --vmas 9000000
	(
		ulimit -n 1000
		refused 2 "run --fds 1000: the hard limit of open files" \
			"Use --fds 872 at most, or begin with more: prlimit" \
			run --fds 0,1000
		ulimit -s 1024 # a quarter of it is for exec
		refused 2 "run --env 240K: exec takes 256 KiB" \
			"Use --env 224K at most, or allow a larger stack" \
			run --env 240K
	)
	(
		ulimit -s unlimited 2>/dev/null || exit 0
		refused 2 "run --env 6M: exec takes 6 MiB" "Use --env 5376K" \
			run --env 6M
	)
	refused 2 'run --env 5: "5" is not a multiple of the page size' "64M" \
		run --env 5
	refused 2 'run --closefds all: "all" is not known' \
		"no, loop or range" run --closefds all
}

@test "--one-axis varies one at a time, from the first values" {
	check 0 "$command" run --dry-run --one-axis -s vfork --heap 0,1M \
		--vmas 2,4 --fds 8,0 --threads 0,1,2 --filter .
	grep -o '^ *vfork/.*' out | tr -d ' ' >names
	[ "$(wc -l <names)" -eq 10 ] # the first, and four that differ
	! grep -q 'vmas:4.*threads\|threads:.*vmas:4' names || return 1
	[ "$(grep -vc fds:8 names)" -eq 2 ]
	[ "$(grep -c '^vfork/heap:0/vmas:2/fds:8/overcommit:[012]$' names)" -eq 1 ]
}

@test "axes are drawn, a panel each, where parents differ" {
	command -v gnuplot >/dev/null || skip "no gnuplot"
	check 0 "$command" run "${few[@]}" -s vfork,fork --heap 1M --one-axis \
		--vmas 1,100 --env 0,64K --out run
	says out "times as slow as"
	check 0 "$command" plot run
	[ -s run/axes.png ]
	for word in vmas env 64K; do
		grep -q ">$word<" run/axes.svg
	done
	check 0 "$command" run "${few[@]}" -s vfork --heap 0,1M --out plain
	check 0 "$command" plot plain
	[ ! -e plain/axes.svg ]
}
