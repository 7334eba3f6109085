# SPDX-License-Identifier: MIT
# memory: 2048 swap: 256 seconds: 900
#
# The labs on a machine that nobody else uses (--alone), with another kernel,
# cgroup v2 and swap: every prediction holds there too, and nothing is left.

# column FILE NAME: the values of a CSV column, each once.
column() {
  awk -F , -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
    NR > 1 && !seen[$at[name]]++ { print $at[name] }' "$1"
}

# agrees LAB: all of it is as predicted.
agrees() { same yes "$(column "/out/$1/$1.csv" agrees)"; }

no_group_is_left() {
  same "" "$(find "$cgroups" -name 'spawnwise-*')"
}

modes() { cat /proc/sys/vm/overcommit_*; }

kills() { awk '$1 == "oom_kill" { print $2 }' /proc/vmstat; }

# lab NAME: done, the modes as before.
lab() {
  local before
  before=$(modes)
  check 0 spawnwise lab "$1" --alone --out "/out/$1" &&
    same "$before" "$(modes)"
}

# plain NAME: likewise a lab that knows no other modes.
plain() { check 0 spawnwise lab "$1" --out "/out/$1"; }

# killed LAB: nobody but those of whom its CSV tells.
killed() {
  local before
  before=$(kills)
  plain "$1" || return 1
  same "$(awk -F , 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
      { last = $at["oom_kill"]; sum += last }
      END { print ("event" in at) ? last : sum }' "/out/$1/$1.csv")" \
    "$(($(kills) - before))"
}

stops_at_the_limit() {
  same "0 address_space,1 address_space,2 commit_limit," \
    "$(awk -F , 'NR > 1 { printf "%s %s,", $1, $7 }' /out/promise/promise.csv)"
}

# Whom the kernel kills when the machine itself is out of memory: the largest.
# Its swap is given back first, so that this does not take long.
machine_runs_out() {
  local before
  before=$(kills)
  swapoff -a
  mkdir -p "$cgroups/all"
  for round in 1 2 3 4 5; do
    memhog &
  done
  wait
  [ "$(kills)" -gt "$before" ] || { echo "nobody was killed" && return 1; }
  dmesg | grep 'Out of memory: Killed process' | grep -v '(memhog)' &&
    return 1
  dmesg | grep -q 'Out of memory: Killed process .*(memhog)'
}

ok "promise: up to CommitLimit" lab promise
ok "promise: by what it is stopped" stops_at_the_limit
ok "oracle: every spawn in every mode" lab oracle
ok "oracle: as predicted" agrees oracle
ok "frontier: to the end" lab frontier
ok "frontier: as predicted" agrees frontier
ok "touch: the writer dies, and nobody else" killed touch
ok "victim: who dies, and nobody else" killed victim
ok "victim: as predicted" agrees victim
ok "oom: scores, counters, the log" plain oom
ok "no group is left" no_group_is_left
ok "the machine runs out of memory: the largest are killed" machine_runs_out
