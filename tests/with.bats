#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# with: unmodified programs, by every strategy that can serve one.
#
# Each program runs without spawnwise first; then it must say the same.

load helpers

setup_file() {
	cd "$BATS_TEST_DIRNAME/preload" || return 1
	for program in spawn shell trouble old identities; do
		"${CC:-gcc}" -std=gnu17 -D_GNU_SOURCE "$program.c" -pthread \
			-o "$BATS_FILE_TMPDIR/$program" || [ $program = old ] ||
			return 1
	done
	"${CC:-gcc}" -shared -fPIC -D_GNU_SOURCE deep.c \
		-o "$BATS_FILE_TMPDIR/deep.so" || return 1
	"${CXX:-g++}" -std=gnu++17 spawn.cc -o "$BATS_FILE_TMPDIR/spawn-cxx"
	cd "$BATS_TEST_DIRNAME/.." || return 1
	list_strategies >"$BATS_FILE_TMPDIR/unsorted" || return 1
	sort -s -k 2 "$BATS_FILE_TMPDIR/unsorted" >"$BATS_FILE_TMPDIR/strategies"
	python3 -c 'import sys; print(sys.executable)' >"$BATS_FILE_TMPDIR/python"
}

# Those that work here, create something, are no baseline, and honour what
# system(3) and popen(3) ask for; behind each what posix_spawn(3) can ask for
# and the strategy does not honour: those that lack the same stand together, so
# that serves() runs a program without spawnwise once for all of them.
list_strategies() {
	local csv
	csv=$("${SPAWNWISE:-build/spawnwise}" list --csv) || return 1
	python3 -c '
import csv, sys
for row in csv.DictReader(sys.stdin):
    traits, honours = set(row["traits"].split()), set(row["honours"].split())
    if row["supported"] == "yes" and not traits & {
            "baseline", "creates_nothing"} and honours >= {
            "sigdefault", "sigmask", "fdactions"}:
        print(row["name"], *sorted({"sched", "session"} - honours))' <<<"$csv"
}

setup() {
	prepare
	programs=$BATS_TEST_DIRNAME/preload
	built=$BATS_FILE_TMPDIR
	strategies=$(cut -d " " -f 1 "$built/strategies")
	[ -n "$strategies" ]
	any=${strategies%%$'\n'*}
	read -r python <"$built/python"
}

teardown() {
	finish
}

# lacks FILE PATTERN: no line of FILE matches. (A `!` alone fails no test.)
lacks() {
	! grep -E -- "$2" "$1"
}

# in_folder NAME COMMAND...: its status and all it says, in a folder of its own.
in_folder() {
	local name=$1 status=0
	shift
	rm -rf work
	mkdir work
	(cd work && "$@") >"$name" 2>&1 </dev/null 3>&- || status=$?
	echo "status $status" >>"$name"
}

# serves NAME COMMAND...: the same by every strategy, and a report by NAME that
# says who did it.
serves() {
	local name=$1 before=none
	shift
	for strategy in $strategies; do
		SKIP=$(sed -n "s/^$strategy *//p" "$built/strategies")
		export SKIP
		[ "$SKIP" = "$before" ] || in_folder plain "$@"
		before=$SKIP
		rm -f report
		in_folder served "$command" with -r "$PWD/report" "$strategy" \
			-- "$@"
		diff plain served || { echo "by $strategy"; return 1; }
		says plain 'status 0' || return 1
		grep -qE "^$name\[[0-9]+\]: [1-9][0-9]* spawned by $strategy," \
			report || { echo "$strategy:"; cat report; return 1; }
	done
}

@test "posix_spawn: errors, actions, attributes, copies and threads" {
	serves spawn "$built/spawn"
	# The copy that spawned has a line of its own.
	[ "$(wc -l <report)" -eq 2 ]
	says report "1 spawned by $strategy, 1 failed"
}

@test "system and popen keep the promises of POSIX" {
	serves shell "$built/shell"
}

@test "a dead helper, a changed program and a crowd are nobody's trouble" {
	serves trouble "$built/trouble"
}

@test "threads that differ in who they are spawn at once" {
	serves identities "$built/identities"
}

# Without spawnwise it kills children that are not born yet, too.
@test "helpers killed at any moment are nobody's trouble" {
	for strategy in $strategies; do
		in_folder served "$command" with -r "$PWD/report" "$strategy" \
			-- "$built/identities" kill
		says served 'failed: 0, twice: 0' || { echo "by $strategy"; return 1; }
	done
}

@test "a program linked before glibc 2.15 has texts run by the shell" {
	[ -e "$built/old" ] || skip "needs posix_spawn of glibc 2.2.5 (x86-64)"
	serves old "$built/old"
}

@test "what is opened with RTLD_DEEPBIND keeps the libc's" {
	for strategy in $strategies; do
		check 0 "$command" with -r "$PWD/report" "$strategy" -- \
			"$python" -c '
import ctypes, os, sys
deep = ctypes.CDLL(sys.argv[1], mode=os.RTLD_NOW | os.RTLD_DEEPBIND)
assert deep.deep() == 6 << 8
assert ctypes.CDLL(sys.argv[2]).deep() == 6 << 8' \
			"$built/deep.so" "$built/../$(basename "$built")/deep.so"
		says report ": 0 spawned by $strategy" || return 1
	done
}

@test "GNU make builds a tree" {
	mkdir tree tree/part
	cat >tree/Makefile <<-'MAKEFILE'
	COUNT := $(shell ls *.c | wc -l)
	program: main.o other.o part/part.a ; $(CC) -o $@ $^
	part/part.a: ; $(MAKE) -C part
	%.o: %.c ; $(CC) -DCOUNT=$(COUNT) -c $< -o $@
	missing: ; -@no-such-program
	MAKEFILE
	printf 'part.a: part.o\n\t$(AR) rc $@ $^\n' >tree/part/Makefile
	echo 'int part(void) { return 40; }' >tree/part/part.c
	echo 'int other(void) { return COUNT; }' >tree/other.c
	echo 'int part(void), other(void);
	int main(void) { return part() + other(); }' >tree/main.c
	build() {
		cp -r "$scratch/tree/." . && "$@" make -j2 >/dev/null &&
			find . | sort && "$@" make missing && ./program
	}
	in_folder plain build env
	says plain ./part/part.a
	says plain 'status 42'
	for strategy in $strategies; do
		rm -f report
		in_folder served build "$command" with -r "$PWD/report" \
			"$strategy" --
		diff plain served
		grep -qE "^make\[[0-9]+\]: ([5-9]|1.) spawned by $strategy" report
		# The inner make is a child: not served.
		[ "$(wc -l <report)" -eq 2 ]
	done
}

@test "python3: os.posix_spawn, subprocess, os.system" {
	serves "$(basename "$python")" "$python" "$programs/actions.py"
}

@test "a C++ program" {
	serves spawn-cxx "$built/spawn-cxx"
}

@test "a Rust program" {
	rustc --version >version 2>&1 || skip "needs rustc"
	rustc "$programs/spawn.rs" -o spawn-rust
	serves spawn-rust "$PWD/spawn-rust"
}

@test "awk calls system" {
	serves awk awk 'BEGIN { print system("exit 3"); system("echo hi") }'
}

@test "gnuplot calls popen" {
	command -v gnuplot >/dev/null || skip "needs gnuplot"
	serves gnuplot gnuplot -e "print system('echo hi; exit 3')" \
		-e "plot '<echo 1 2' with lines" -e 'print GPVAL_X_MIN'
}

@test "sh and perl fork by themselves, and are left alone" {
	for strategy in $strategies; do
		check 3 "$command" with -r "$PWD/report" "$strategy" -- \
			sh -c 'echo through | cat; (exit 3)'
		diff out <(echo through)
		check 0 "$command" with -r "$PWD/report" "$strategy" -- \
			perl -e 'print system("sh", "-c", "exit 3"), `echo hi`'
		diff out <(echo 768hi)
	done
	lacks report ': [1-9]'
}

@test "the report counts every spawn once" {
	for strategy in $strategies; do
		check 0 "$command" with --report report "$strategy" -- \
			"$python" -c '
import os
for path in ["/bin/true"] * 3 + ["/absent"]:
    try:
        os.waitpid(os.posix_spawn(path, [path], {}), 0)
    except FileNotFoundError:
        pass
os.chdir("/")'
		says report ": 3 spawned by $strategy, 1 failed"
	done
}

# Without other ids to give up, everybody can.
@test "what a strategy does not honour is ENOTSUP, and said once" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to have two user ids"
	honouring=$("$command" list --csv | grep -w resetids | cut -d, -f1)
	for strategy in $strategies; do
		check 0 "$command" with "$strategy" -- "$python" -c '
import errno, os
os.seteuid(65534)
for attempt in range(3):
    try:
        pid = os.posix_spawn("/usr/bin/id", ["id", "-u"], {}, resetids=True)
        os.waitpid(pid, 0)
    except OSError as error:
        assert error.errno == errno.ENOTSUP
        print("refused")'
		if grep -qxF "$strategy" <<<"$honouring"; then
			diff out <(printf '0\n0\n0\n')
			continue
		fi
		[ "$(grep -c refused out)" -eq 3 ]
		[ "$(wc -l <err)" -eq 2 ]
		says err "with resetids by $strategy: the call gets ENOTSUP"
		says err "spawnwise list"
	done
}

@test "names of newer libcs are served or refused, never the libc's" {
	check 0 "$command" with -r "$PWD/report" "$any" -- "$python" -c '
import ctypes, errno, os
libc = ctypes.CDLL(None)
argv = (ctypes.c_char_p * 2)(b"true", None)
fd = ctypes.c_int(-1)
for function in libc.pidfd_spawn, libc.pidfd_spawnp:
    error = function(ctypes.byref(fd), b"/bin/true", None, None, argv, None)
    assert error == errno.ENOTSUP or (error == 0 and fd.value > 2), error
# Nobody to be told, and nothing to be told of.
before = os.listdir("/proc/self/fd")
for function in libc.pidfd_spawn, libc.pidfd_spawnp:
    assert function(None, b"/bin/true", None, None, argv, None) == 0
    os.wait()
assert os.listdir("/proc/self/fd") == before
assert libc.posix_spawn(None, b"/bin/true", None, None, argv, None) == 0
assert libc.posix_spawnp(None, b"true", None, None, argv, None) == 0
actions = ctypes.create_string_buffer(80)
assert libc.posix_spawn_file_actions_init(actions) == 0
assert libc.posix_spawn_file_actions_addchdir(actions, b"/absent") == 0
assert libc.posix_spawn_file_actions_addfchdir(actions, 0) == 0
pid = ctypes.c_int()
error = libc.posix_spawn(ctypes.byref(pid), b"/bin/true", actions, None, argv, None)
assert error == errno.ENOENT, error
assert libc.posix_spawn_file_actions_destroy(actions) == 0
attributes = ctypes.create_string_buffer(336)
assert libc.posix_spawnattr_init(attributes) == 0
assert libc.posix_spawnattr_setcgroup_np(attributes, 3) == errno.ENOTSUP
assert libc.posix_spawnattr_setflags(attributes, 0x100) == errno.EINVAL'
}

@test "only CMD is served: its environment shows nothing of us" {
	env >expected
	for strategy in $strategies; do
		check 0 "$command" with -r "$PWD/report" "$strategy" -- env
		diff <(grep -v '^_=' expected) <(grep -v '^_=' out)
		# Also for what it starts by itself; bash has an unsetenv of
		# its own.
		for shell in sh bash; do
			check 0 "$command" with "$strategy" -- $shell -c 'env; :'
			lacks out 'LD_PRELOAD|SPAWNWISE_WITH'
		done
	done
}

@test "other preloaded libraries stay where they were" {
	other=$(ldd "$(command -v env)" | awk '/libc\.so/ { print $3 }')
	LD_PRELOAD=$other "$command" list >list 2>&1 ||
		skip "a sanitizer wants to be the first library"
	LD_PRELOAD="$other:$other" check 0 "$command" with "$any" -- env
	says out "LD_PRELOAD=$other:$other"
	LD_PRELOAD="$other" check 0 "$command" with --children "$any" -- env
	grep -q "^LD_PRELOAD=.*libspawnwise-preload.so:$other\$" out
}

@test "with --children the command's descendants are served" {
	for strategy in $strategies; do
		rm -f report
		check 0 "$command" with --children -r "$PWD/report" "$strategy" -- \
			sh -c 'awk "BEGIN { system(\"exit 1\") }"
				exec awk "BEGIN { system(\"exit 1\") }"'
		[ "$(grep -c "awk.*: 1 spawned by $strategy" report)" -eq 2 ]
	done
}

@test "a script is served in its interpreter, also behind env" {
	printf '#!%s\nimport os\nos.system("exit 1")\n' "$python" >script
	ln -s "$python" python-here
	printf '#!/usr/bin/env python-here\nimport os\nos.system("exit 1")\n' \
		>env-script
	printf '#! /usr/bin/env -S  python-here -E\nimport os\nos.system("exit 1")\n' \
		>env-split
	printf 'exit 4\n' >plain
	chmod +x script env-script env-split plain
	for script in script env-script env-split; do
		rm -f report
		PATH=$PWD:$PATH check 0 "$command" with -r "$PWD/report" \
			"$any" -- "$script"
		says report ": 1 spawned by $any"
	done
	check 4 "$command" with "$any" -- ./plain
}

@test "a program that cannot be served is not started" {
	echo 'int main(void) { return 0; }' >small.c
	"${CC:-gcc}" -static small.c -o static || skip "needs a static libc"
	printf '#!%s\n' "$PWD/static" >script
	printf '#!/usr/bin/env static\n' >env-script
	printf '\177ELF\001\001\001%200s' '' >small
	"${CC:-gcc}" small.c -o other-libc
	LC_ALL=C sed -i 's/ld-linux/ld-other/' other-libc
	"${CC:-gcc}" small.c -o other-machine
	printf '\001\001' | dd of=other-machine bs=1 seek=18 conv=notrunc \
		status=none
	for kind in u g; do
		cp "$built/spawn" "set-$kind-id"
		chmod "$kind+s" "set-$kind-id"
	done
	chmod +x script env-script small
	cure='Name the program that starts the children'
	refused 125 "serve ./static: it is statically linked" "$cure" \
		with "$any" -- ./static
	refused 125 "serve $PWD/static: it is statically linked" "$cure" \
		with "$any" -- ./script
	PATH=$PWD:$PATH refused 125 "serve $PWD/static: it is static" "$cure" \
		with "$any" -- ./env-script
	refused 125 "serve ./small: it is a 32-bit program" "$cure" \
		with "$any" -- ./small
	refused 125 "serve ./other-machine: it was built for another" "$cure" \
		with "$any" -- ./other-machine
	refused 125 "serve ./other-libc: it uses another C library" "$cure" \
		with "$any" -- ./other-libc
	for kind in u g; do
		refused 125 "serve ./set-$kind-id: it is set-user-ID" "$cure" \
			with "$any" -- "./set-$kind-id"
	done
}

@test "a program with capabilities is not started" {
	cp "$built/spawn" capable
	python3 -c 'import os, struct
value = struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0)
os.setxattr("capable", "security.capability", value)' 2>err ||
		skip "needs the right to set file capabilities"
	refused 125 "serve ./capable: it is set-user-ID" "Name the program" \
		with "$any" -- ./capable
}

@test "where a strategy's system call is refused, no other takes its place" {
	calls_can_be_refused
	for strategy in $strategies; do
		status=0
		rm -f report
		refusing 1 vfork clone_vm clone3 -- "$command" with \
			-r "$PWD/report" "$strategy" -- \
			awk 'BEGIN { exit system("exit 4") }' >out 2>err || status=$?
		case $status in
		4) says report ": 1 spawned by $strategy, 0 failed" ;;
		127) says report ": 0 spawned by $strategy, 1 failed" ;;
		125) says err "serve a program with $strategy: Operation not" ;;
		*) cat out err && return 1 ;;
		esac
		echo "$status" >>statuses
	done
	says statuses 4
}

@test "exits as env does" {
	for strategy in $strategies; do
		check 42 "$command" with "$strategy" -- sh -c 'exit 42'
		check 137 "$command" with "$strategy" -- sh -c 'kill -9 $$'
	done
	: >plain
	refused 127 "run ./absent: No such file" "Give a program" \
		with "$any" -- ./absent
	# A folder of PATH that may not be entered would make it 126.
	PATH=/usr/bin:/bin refused 127 "run no-such-program: No such file" \
		"Give a program" with "$any" -- no-such-program
	refused 126 "run ./plain: Permission denied" "Give a program" \
		with "$any" -- ./plain
	refused 126 "run .: Permission denied" "Give a program" with "$any" -- .
	refused 126 "run plain/x: Not a directory" "Give a program" \
		with "$any" -- plain/x
}

@test "the library is found where it was installed, or missed" {
	mkdir -p bin lib/spawnwise
	cp "$command" bin/
	ln -s "$(dirname "$command")/libspawnwise-preload.so" lib/spawnwise/
	check 3 bin/spawnwise with "$any" -- sh -c 'exit 3'
	check 0 bin/spawnwise with "$any" -- env
	lacks out 'LD_PRELOAD|SPAWNWISE_WITH'
	mv bin 'bin with blanks'
	check 125 'bin with blanks/spawnwise' with "$any" -- true
	says err "a blank or a colon"
	rm -f lib/spawnwise/*
	check 125 'bin with blanks/spawnwise' with "$any" -- true
	says err "read libspawnwise-preload.so: No such file"
}

@test "125 for what is wrong with its own command line" {
	refused 125 "find strategy 'no_such'" "spawnwise list" \
		with no_such -- true
	refused 125 "run with: STRATEGY -- CMD... is missing" "with --help" \
		with "$any"
	refused 125 "run with: CMD is missing" "with --help" with "$any" --
	refused 125 "run --report" "before STRATEGY" with "$any" --report -- true
	# The others of the list, each with its reason.
	"$command" list --csv | tail -n +2 | cut -d, -f1 |
		grep -vxF "$strategies" >others
	[ -s others ]
	while read -r strategy; do
		refused 125 "serve a program with $strategy" "spawnwise list" \
			with "$strategy" -- true
	done <others
}

@test "without its orders the library ends the program" {
	library=$(dirname "$command")/libspawnwise-preload.so
	check 125 env LD_PRELOAD="$library" true
	says err "spawnwise: cannot serve true"
	check 125 env SPAWNWISE_WITH=no_such LD_PRELOAD="$library" true
	says err "strategy 'no_such': there is none of that name"
}

@test "the library takes the names it must, and shows no others" {
	library=$(dirname "$command")/libspawnwise-preload.so
	nm -D --defined-only "$library" | awk '{ print $3 }' >names
	family='^(pidfd_spawnp?|posix_spawn.*|system|popen|pclose|fclose)$'
	sed 's/@.*//' names | grep -vE -e "$family" -e '^GLIBC_2.(2.5|15)$' \
		>others || true
	lacks others .
	# Whatever this libc has of the family, in every version of it. A name
	# without a version stands for all.
	libc=$(ldd "$(command -v env)" | awk '/libc\.so/ { print $3 }')
	nm -D --defined-only "$libc" | awk '{ print $3 }' | sed 's/@@/@/' |
		grep -E -- "${family%\$}(@|\$)" |
		while read -r name; do
			grep -qxF -e "${name%@*}" -e "$name" \
				-e "${name/@/@@}" names || echo "$name"
		done >forgotten
	nm -D "$libc" | grep -qE ' posix_spawn@'
	[ ! -s forgotten ] || { cat forgotten; return 1; }
}

@test "a process that executes another program in its own place has no line" {
	check 0 "$command" with --report report vfork -- sh -c 'exec true'
	[ ! -s report ]
	check 0 "$command" with --children --report report vfork -- \
		sh -c 'exec true'
	grep -qE '^true\[[0-9]+\]: 0 spawned by vfork' report
}
