#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tests/power: how often a known difference is found, by verdicts that are known.

load helpers

setup() {
	prepare
	power=$top/tests/power
}

teardown() {
	finish
}

@test "a run with the plugins is measured and compared" {
	SPAWNWISE=$command check 0 "$power" -n 1 -p 0,300 "${few[@]}" --heap 0,1M
	[ "$(head -n 1 out | cut -c 1-24)" = "percent  cells    slower" ]
	# Whatever this machine lets be found, each cell has one verdict.
	awk 'NR > 1 { rows++; if ($2 != 2 || $3 + $4 + $5 + $6 != 2) exit 1 }
		END { if (rows != 2) exit 1 }' out || { cat out; return 1; }
}

@test "verdicts are counted, by what was added" {
	cat >stub <<-'END'
	#!/bin/bash
	echo "$*" >>calls
	[ "$1" = compare ] || exit 3
	echo strategy,ratio,ratio_lo,ratio_hi,verdict
	case $* in
	*slower_0) echo "b,1.001,0.981,1.021,same" && echo b,,,,unproven ;;
	*) echo b,1.05,1.03,1.07,slower && echo b,1.07,1.06,1.08,slower ;;
	esac
	END
	chmod +x stub
	SPAWNWISE=$PWD/stub check 0 "$power" -n 2 -p 0,7 --seed 1
	sed 's/  */ /g' out | diff - <(cat <<-'END'
	percent cells slower same unproven faster measured interval
	 0 4 0 2 2 0 0.1 % 2.0 %
	 7 4 4 0 0 0 6.0 % 1.5 %
	END
	)
	[ "$(grep -c '^run --out .* --strategy posix_spawn,slower_0,slower_7 --plugin=.*slower_0.so --plugin=.* --seed 1$' calls)" -eq 2 ]
}

@test "what is not understood, and a run that fails, are told" {
	for wrong in "-n many" "-n -1" "-p -5" "-p 5," "-p 2.5"; do
		# shellcheck disable=SC2086
		SPAWNWISE=$command check 1 "$power" $wrong
		says err "is not a whole number; tests/power --help"
	done
	SPAWNWISE=$command check 1 "$power" -n 1 --heap much
	says err "power: $command run failed:"
	says err "is not a size"
	SPAWNWISE=$PWD/gone check 1 "$power" -n 1
	says err "power: cannot start $PWD/gone: No such file"
	check 0 "$power" -n 1 -h
	says out "How often does a run find"
}
