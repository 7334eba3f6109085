#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Two settings in one run: each parent has its own, and is what its label says.

load helpers

setup() {
	prepare
	ab=("${few[@]}" --heap 0 --strategy vfork)
	# A fifth of the samples, where each is a shell.
	forks=("${few[@]}" --heap 0 --strategy fork)
}

teardown() {
	finish
}

# Which values of a column stand beside a label.
beside() {
	awk -F , -v label="$1" -v name="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
		NR > 1 && $at["label"] == label { print $at[name] }' run/samples.csv |
		sort -u
}

@test "children see the environment of their label; parents take turns" {
	check 0 "$command" run "${forks[@]}" --ab plain=none --ab other=env:SIDE=a=b \
		--out run -- sh -c "echo \"\$SIDE\${SPAWNWISE_PARENT+seen}\" >>$PWD/seen"
	[ "$(sort -u seen | paste -sd,)" = ,a=b ]
	says out "cpu same, ab plain"
	says out "cpu same, ab other"
	# At its end they are compared.
	says out "B: other"
	grep -q '^0 B, mode 0, ab other  *fork ' out
	[ "$(beside plain parent | wc -l)" -eq 6 ]
	[ "$(beside other parent | wc -l)" -eq 6 ]
	# In each round, a parent of each: none of three in a row is of one label.
	awk -F , 'NR > 1 && $7 >= 0 { label[$11] = $22 } END {
		for (i = 0; i < 12; i += 2) if (label[i] == label[i + 1]) exit 1
	}' run/samples.csv || { cut -d, -f11,22 run/samples.csv | uniq; return 1; }
	! grep -q ',EOWNERDEAD,' run/samples.csv || return 1
	for file in samples plan cells; do
		[ "$(sed 1d run/$file.csv | rev | cut -d, -f3 | rev | sort -u |
			paste -sd,)" = other,plain ] || return 1
	done
	grep -q '/ab:plain/' run/gbench.json
}

@test "what an environment is at the start of a program counts: LD_PRELOAD" {
	case $command in */san/*) skip "a sanitizer must be loaded first" ;; esac
	# The child's program has no loader: who says this is a parent.
	cc -shared -fPIC -x c -o told.so - <<-'END'
	#include <stdio.h>
	__attribute__((constructor)) static void tell(void)
	{
		FILE *file = fopen("loaded", "a");
		fputs("here\n", file);
		fclose(file);
	}
	END
	check 0 "$command" run "${ab[@]}" --ab plain=none \
		--ab told=env:LD_PRELOAD="$PWD/told.so" --out run
	[ "$(wc -l <loaded)" -eq 6 ]
	# Of several, which blanks or colons separate, each counts.
	ln -s told.so too.so
	check 0 "$command" run "${ab[@]}" --out two \
		--ab two=env:LD_PRELOAD="./told.so:$PWD/too.so"
	check 3 "$command" run "${ab[@]}" --out one \
		--ab one=env:LD_PRELOAD="./told.so $PWD/gone.so"
	says err "The library of LD_PRELOAD is not loaded."
	check 3 "$command" run "${ab[@]}" --ab plain=none \
		--ab gone=env:LD_PRELOAD="$PWD/gone.so" --out gone
	says err "The library of LD_PRELOAD is not loaded."
	says out "not measured"
	grep -q 'vfork.*reap,6,.*,plain,' gone/cells.csv
}

@test "huge pages are refused to the parents of a label" {
	check 0 "$command" run "${forks[@]}" --ab plain=none --ab small=thp:never \
		--out run -- sh -c "grep THP_enabled /proc/self/status >>$PWD/seen"
	grep -q THP_enabled seen || skip "the kernel does not tell"
	[ "$(sort -u seen | wc -l)" -eq 2 ]
}

@test "the parents of a label run on its CPUs, and their children" {
	allowed=$(taskset -cp $$ | sed 's/.*: //')
	one=${allowed%%[-,]*}
	[ "$allowed" != "$one" ] || skip "there is only one CPU"
	for place in same split free; do
		check 0 "$command" run "${few[@]}" -s vfork --heap 0 --cpu $place \
			--ab all=cpu:"$allowed" --ab one=cpu:"$one" --out $place \
			-- sh -c "taskset -cp \$\$ >>$PWD/seen.$place"
	done
	# The reference, which runs the same child, is placed as ever.
	for place in same free; do
		[ "$(grep -c ": $allowed\$" seen.$place)" -ge 100 ]
		[ "$(grep -c ": $one\$" seen.$place)" -ge 100 ]
	done
	[ "$(grep -c ": $allowed\$" seen.split)" -lt 10 ]
}

@test "a run with settings goes on, with them" {
	check 0 "$command" run "${ab[@]}" --ab a=none --ab b=env:X=1 --out run
	grep -v '^[^,]*,[^,]*,vfork.*,b$' run/samples.csv >samples
	cp samples run/samples.csv
	check 0 "$command" run --resume run
	[ "$(beside b parent | wc -l)" -eq 6 ]
}

@test "a run with settings goes on with the blocks of another budget" {
	ab=(-s system,popen --heap 0 --parents 6 --ab a=none)
	check 0 "$command" run "${ab[@]}" --budget 1 --out run
	first=$(awk -F , 'NR > 1 && $11 == 0' run/samples.csv | wc -l)
	awk -F , 'NR == 1 || $11 < 5' run/samples.csv >samples
	cp samples run/samples.csv
	check 0 "$command" run --resume run
	[ "$(awk -F , 'NR > 1 && $11 == 5' run/samples.csv | wc -l)" -gt "$first" ]
}

@test "sections of a job have settings, and so has one that is begun late" {
	printf '[one]\nab = a=none\n[two]\nab = b=env:X=1\n' >my.ini
	job=("${few[@]}" -s vfork --heap 0 --job my.ini)
	check 0 "$command" run "${job[@]}" --out all
	ln -s all/two run
	[ "$(beside b errno)" = "" ]
	[ "$(beside b parent | wc -l)" -eq 6 ]
	rm -r all/two
	check 0 "$command" run "${job[@]}" --resume all
	says out "[one] is finished."
	[ "$(beside b errno)" = "" ]
	[ "$(beside b parent | wc -l)" -eq 6 ]
}

@test "a variable of somebody else's makes no command a parent" {
	: >short
	for number in nonsense 0 1 2 3; do
		SPAWNWISE_PARENT=$number check 0 "$command" list <>short
	done
}

@test "a parent has the heaps of its run where memory has become short" {
	case $command in */san/*) skip "a sanitizer must be loaded first" ;; esac
	cc -shared -fPIC -x c -o short.so - <<-'END'
	#define _GNU_SOURCE
	#include <dlfcn.h>
	#include <stdio.h>
	#include <string.h>
	FILE *fopen(const char *path, const char *mode)
	{
		static char text[] = "MemTotal: 8 kB\nMemAvailable: 8 kB\n"
			"SwapTotal: 0 kB\nSwapFree: 0 kB\n";
		FILE *(*real)(const char *, const char *) =
			dlsym(RTLD_NEXT, "fopen");

		return strcmp(path, "/proc/meminfo") ?
			real(path, mode) : fmemopen(text, strlen(text), "r");
	}
	END
	LD_PRELOAD=./short.so refused 2 "run --heap 1M: that is more memory" "" \
		run --quick --heap 1M
	# What it can have is measured.
	check 3 "$command" run "${few[@]}" --heap 0,1M --strategy vfork --out run \
		--ab short=env:LD_PRELOAD=./short.so
	says err "there are only 8 KiB of available memory"
	[ "$(beside short heap_bytes)" = 0 ]
	[ "$(beside short errno)" = "" ]
}

# made LABEL NS: a parent's samples, twelve parents a label.
make_ab() {
	mkdir -p run
	awk 'BEGIN { print "run_id,cell_id,strategy,heap_bytes,backing,vmas," \
		"threads,fds,cpu,overcommit,parent,block,sample,warmup,return_ns," \
		"confirm_ns,start_ns,reap_ns,caller_cpu_ns,ref_ns,errno,label"
	for (p = 0; p < 24; p++) for (s = 0; s < 20; s++) for (c = 0; c < 2; c++)
		printf "20240607-080910-1,%d,%s,0,base,1,0,0,same,0,%d,0,%d,0," \
			"%d,%d,,%d,1,70000,,%s\n", 2 * (p % 2) + c,
			c ? "fork" : "vfork", p, s, 30000, 30000,
			50000 * (p % 2 ? 1.2 - c * 0.2 : 1) + s * 10 + p * 20,
			p % 2 ? "big" : "plain" }' >run/samples.csv
	check 0 "$command" summarise run
}

@test "two settings of a run are compared, cell by cell" {
	make_ab
	check 0 "$command" compare run --ab plain,big
	says out "A: plain"
	says out "B: big"
	grep -Eq '^0 B, mode 0, ab big +vfork +50.[0-9] µs +60.[0-9] µs .* slower$' out
	grep -Eq '^0 B, mode 0, ab big +fork .* same$' out
	check 3 "$command" compare run --ab plain,big --fail-above 10
	check 0 "$command" compare run --ab big,plain --format csv
	grep -q ',vfork,.*,faster,plain,' out
	refused 2 "compare plain,bag: no cell that can be compared" \
		"Name two that this run measured" compare run --ab plain,bag
	refused 2 "compare plain" "Give two" compare run --ab plain
	refused 2 "compare: it takes two runs, or one" "--ab LABEL,LABEL" \
		compare run --ab plain,big --strategy vfork,fork
	refused 2 "compare: it takes two runs, or one" "--ab LABEL,LABEL" \
		compare run run --ab plain,big
}

@test "a setting that is none is refused" {
	for text in one =none One=none one none; do
		refused 2 "run --ab $text: it has no label" "a label has a-z" \
			run --ab "$text"
	done
	for setting in "" some env:X env:=1 thp:always cpu: cpu:x cpu:8191; do
		refused 2 "run --ab a=$setting: it has a setting that is not known" \
			"thp:never" run --ab "a=$setting"
	done
	refused 2 "run --ab $(printf %032d 1)=none: it has no label" "up to 31" \
		run --ab "$(printf %032d 1)=none"
	refused 2 "run --ab none=none: it has the label of runs without" \
		"a label has" run --ab none=none
	refused 2 "run --ab a=thp:never: it has a label that is there twice" \
		"a label has" run --ab a=none --ab a=thp:never
}
