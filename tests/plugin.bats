#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A strategy in a file of its own: built by one line, measured like any other,
# and refused in two lines when it is none.

load helpers

setup() {
	prepare
	slower=$top/docs/examples/slower.c
}

teardown() {
	finish
}

# plugin NAME [ARGUMENTS...]: build NAME.so of slower.c, or of -x c - and stdin.
plugin() {
	local name=$1
	shift
	[ $# -gt 0 ] || set -- -DNAME="$name" "$slower"
	cc -Wall -Wextra -Werror -shared -fPIC -I "$top/lib" "$@" -o "$name.so"
}

# source NAME HOOK [INITIALISER]: a strategy that creates nothing, whose open
# hook does HOOK.
source_of() {
	cat <<-END
	#include <spawnwise.h>
	#include <stdlib.h>
	static int spawn(void *s, const struct sw_request *r, struct sw_child *c)
	{ (void)s; (void)r; (void)c; return 0; }
	static int confirm(void *s, struct sw_child *c, int t)
	{ (void)s; (void)c; (void)t; return 0; }
	static int do_open(void **state) { $2; *state = NULL; return 0; }
	static void do_close(void *state) { (void)state; }
	const struct sw_strategy strategy_$1 = { .abi = SW_ABI, .name = "$1",
		.summary = "of a test", .traits = SW_CREATES_NOTHING,
		.spawn = spawn, .confirm = confirm, .open = do_open,
		.close = do_close, ${3:-} };
	END
}

@test "the example is built by its own line, listed, and measured" {
	line=$(sed -n 's/^ \*     \(cc .*\)/\1/p' "$slower")
	[[ $line == "cc -shared -fPIC slower.c "*" -o slower.so" ]]
	cp "$slower" .
	pkg-config() { echo "-I $top/lib"; }
	eval "$line"
	check 0 "$command" list --csv --plugin slower.so
	grep -q '^slower,yes,,suspends_caller .*,clone' out || { cat out; return 1; }
	check 0 "$command" run "${few[@]}" --heap 0 --plugin ./slower.so \
		--strategy posix_spawn,slower,null --out run
	says out slower
	awk -F , '$4 == "slower" && $14 > 0 { times[$12] }
		END { exit length(times) != 5 }' run/cells.csv
	python3 - <<-'END'
	import json
	seen = json.load(open("run/host.json"))["attested"]["slower"]
	assert seen["shares_memory"] and seen["suspends_caller"], seen
	assert not seen["contradiction"], seen
	END
	# Who reads the run needs no plugin.
	check 0 "$command" compare run --strategy posix_spawn,slower
	check 0 "$command" plot run
	rm run/cells.csv
	check 0 "$command" summarise run
	grep -q ,slower, run/cells.csv
	# Who does not have the plugin is told why it is not chosen.
	check 0 "$command" choose --data run --heap 0 --overcommit 0
	says err "Not built in, so never chosen: slower."
}

@test "a plugin takes part in all, and a run with it goes on" {
	plugin slower
	plugin other
	check 0 "$command" run "${few[@]}" --heap 0 --dry-run \
		--plugin ./slower.so --plugin other.so
	strategies=$("$command" list --csv | sed 1d | wc -l)
	says out "Plan: $((strategies + 2)) cells"
	check 0 "$command" run "${few[@]}" --heap 0 --plugin slower.so \
		--strategy null,slower --out run
	check 0 "$command" run --resume run
	grep -q ,slower, run/cells.csv
	printf '[a]\nheap = 0\n[b]\nheap = 0,1M\n' >my.ini
	check 0 "$command" run --job my.ini --dry-run --plugin slower.so -s slower
	[ "$(grep -c '^Plan: [12] cells' out)" -eq 2 ]
	sed -i '1i plugin = ./slower.so\nstrategy = slower' my.ini
	check 0 "$command" run --job my.ini --dry-run
	[ "$(grep -c '^Plan: [12] cells' out)" -eq 2 ]
	mv slower.so gone.so
	refused 2 "use plugin slower.so: cannot open shared object file: No such" \
		"the folder where the run was begun" run --resume run
	refused 2 "find strategy 'slower'" "list" run --dry-run -s slower
	plugin slower
	mkdir -p a
	mv slower.so a
	refused 2 "find strategy 'slowr'" "Did you mean 'slower'?" \
		run --dry-run --plugin a/slower.so -s slowr
}

@test "what is no plugin is refused, with what one is" {
	says_so() { refused 2 "use plugin $1: $2" "strategy_NAME, whose .name is NAME" \
		list --plugin "$1"; }
	echo no library >text.so
	says_so text.so "file too short"
	says_so "$command" "cannot dynamically load position-independent exec"
	says_so gone.so "cannot open shared object file: No such file"
	says_so . "cannot read file data: Is a directory"
	plugin slower
	printf '\377' | dd of=slower.so bs=1 seek=18 conv=notrunc status=none
	says_so slower.so "it was built for another kind of machine"
	plugin none -x c - <<<'extern int of_none; int of_none;'
	says_so none.so "it exports no strategy of the file's name"
	plugin hidden -fvisibility=hidden -DNAME=hidden "$slower"
	says_so hidden.so "it exports no strategy of the file's name"
	plugin unlinked -x c - <<<'int nowhere(void); int f(void); int f(void)
		{ return nowhere(); }'
	says_so unlinked.so "undefined symbol: nowhere"
	# A function of that name.
	plugin called -x c - <<<'int strategy_called(void); int strategy_called(void)
		{ return 0; }'
	says_so called.so "it "
	source_of other "" ".name = \"else\"" | plugin other -Wno-override-init -x c -
	says_so other.so "the .name of its strategy is not that of the file"
}

@test "a plugin of another contract is refused, and one that breaks it" {
	source_of older "" ".abi = SW_ABI + (1 << 16)" |
		plugin older -Wno-override-init -x c -
	refused 2 "use plugin older.so: it was built for another version" \
		NAME list --plugin older.so
	source_of short "" ".abi = SW_ABI - sizeof(void *) * 9" |
		plugin short -Wno-override-init -x c -
	refused 2 "use plugin short.so: it does not say what it was built for" \
		NAME list --plugin short.so
	source_of hollow "" ".confirm = NULL" |
		plugin hollow -Wno-override-init -x c -
	refused 2 "use plugin hollow.so: it lacks the spawn or the confirm hook" \
		NAME run --dry-run --plugin hollow.so
}

@test "a name that is taken is refused" {
	plugin slower
	mkdir a
	cp slower.so a
	for taken in slower.so a/slower.so; do
		refused 2 "use plugin $taken: another one has the same name" \
			"a name that no other has" \
			list --plugin ./slower.so --plugin $taken
	done
	plugin vfork
	refused 2 "use plugin vfork.so: another one has the same name" \
		"a name that no other has" list --plugin vfork.so
}

@test "a plugin that crashes or hangs does so in a process of its own" {
	source_of crashes "abort()" | plugin crashes -x c -
	refused 2 "use plugin crashes.so: it dies while it is loaded," \
		"Correct it" run --dry-run --plugin crashes.so
	plugin early -x c - <<<'#include <stdlib.h>
		__attribute__((constructor)) static void end(void) { abort(); }'
	refused 2 "use plugin early.so: it dies while it is loaded" \
		"Correct it" list --plugin early.so
	source_of ends "exit(0)" | plugin ends -x c -
	refused 2 "use plugin ends.so: it dies while it is loaded" \
		"Correct it" list --csv --plugin ends.so
	source_of hangs "for (;;);" | plugin hangs -x c -
	refused 2 "use plugin hangs.so: it hangs while" \
		"Correct it" list --plugin hangs.so
	plugin slower
	head -c 4096 slower.so >cut.so # which may end the loader
	check 2 "$command" list --plugin ./cut.so
	says err "use plugin ./cut.so: "
	no_process 'spawnwise*'
}

@test "a plugin that is not what it says is not measured" {
	sed -e 's/SW_SHARES_MEMORY | //' "$slower" >liar.c
	plugin liar -DNAME=liar liar.c
	check 3 "$command" run "${few[@]}" --heap 0 --plugin liar.so \
		--strategy null,liar --out run
	says err "liar is not what it says: it does not declare shares_memory"
}

@test "what a plugin prints is not among results, nor are they told twice" {
	source_of prints 'puts("said by a plugin"); fflush(stdout)' |
		sed '1i #include <stdio.h>' | plugin prints -x c -
	check 0 "$command" list --csv --plugin prints.so
	says err "said by a plugin"
	! grep 'said by' out
	[ "$(grep -c ^name, out)" -eq 1 ]
	check 0 "$command" run "${few[@]}" --heap 0 --plugin prints.so \
		--strategy null,prints --out run
	! grep 'said by' out
}

@test "a plugin's answer that is no error number is told as ERANGE" {
	source_of answers 'if (atoi(getenv("OPENS"))) return 7' |
		sed 's/(void)c; return 0/(void)c; static int n; return n++ < 40 ? 0 : 7/' |
		plugin answers -x c -
	OPENS=1 check 0 "$command" list --csv --plugin answers.so
	grep -q '^answers,no,ERANGE,' out
	export OPENS=0
	check 0 "$command" run "${few[@]}" --heap 0 --plugin answers.so \
		--strategy null,answers --out run
	grep -q ',answers,.*,ERANGE,ERANGE:[0-9]*,' run/cells.csv
	check 0 "$command" run --resume run
}

@test "a plugin is loaded where children are born in another pid namespace" {
	unshare --pid true 2>/dev/null || skip "no right to a pid namespace"
	plugin slower
	# LeakSanitizer looks from a process of its own, which cannot be born.
	export ASAN_OPTIONS=detect_leaks=0
	check 0 unshare --pid "$command" list --csv --plugin slower.so
	grep -q ^slower, out
}

@test "conformance holds its list against a plugin" {
	conformance=${command%/*}/tests/conformance
	[ -x "$conformance" ] || skip "make build/tests/conformance"
	exec 9<&- # the list asks for the lock itself
	plugin slower
	export CONFORMANCE_PLUGIN=./slower.so
	check 0 "$conformance" 'slower: the program runs, and once' \
		'slower: polling confirm ends' 'slower: a refused vfork *'
	grep -q '3 test(s)' out err
	sed 's/SW_CWD/SW_UMASK/' "$slower" >slower.c
	plugin slower slower.c
	check 1 "$conformance" 'slower: a umask is set'
	CONFORMANCE_PLUGIN=./gone.so check 2 "$conformance"
	says err "use plugin ./gone.so: "
}
