# SPDX-License-Identifier: MIT
# memory: 512 swap: 0 seconds: 900
#
# Whatever kills a run, the kernel's settings are back: all three, from values
# that nobody sets, in every way to die, at random moments.
#
# The promise is one second. An emulated machine is ten times slower and waits
# for a busy host, so it gets five here; what counts as well is that nothing of
# the run is left then, its guardian included, which a lease that merely ends
# would leave running.
bound_s=5
rounds=2 # of each of nine ways, with two sets of originals
vm=/proc/sys/vm
state=/run/spawnwise

# settings: the three as they are now. Not by the shell's read, which takes
# bytes one by one: from a setting only the first read gets anything.
settings() {
  # shellcheck disable=SC2046 # three words
  set -- $(cat $vm/overcommit_memory $vm/overcommit_ratio $vm/overcommit_kbytes)
  mode=$1
  all=$*
}

are_back() {
  settings
  [ "$all" = "$original" ]
}

is_foreign() {
  settings
  [ "$mode" != "$original_mode" ]
}

is_mode() {
  settings
  same "$1" "$mode"
}

# Sets $pids to those of the processes named $1; says whether there are any.
named() {
  local folder comm
  pids=
  for folder in /proc/[0-9]*; do
    read -r comm 2>/dev/null <"$folder/comm" || continue
    # shellcheck disable=SC2254 # a pattern
    case $comm in $1) pids="$pids ${folder#/proc/}" ;; esac
  done
  [ -n "$pids" ]
}

none_named() { ! named "$1"; }
nobody() { within $bound_s none_named "spawnwise*"; }


# start [GROUP]: a long run, until its first window in a foreign mode. Windows
# are short with a strategy that creates nothing: then moments between them,
# when the guardian is at work, are met as well. (SIGINT is ignored, as it is in
# any background of a shell.)
start() {
  local group=${1:-} strategy=null
  [ $((RANDOM % 2)) = 0 ] || strategy=fork
  rm -rf run
  (
    [ -z "$group" ] || echo 0 >"$cgroups/$group/cgroup.procs"
    exec setsid spawnwise run --quick --heap 0 --strategy $strategy \
      --parents 1000 --overcommit all --child "$child" --out run >out 2>err
  ) &
  runner=$!
  within 30 is_foreign || { cat err && return 1; }
  named spawnwise-guard && guardian=${pids# }
}

# At any moment of the next second. Counts those in a foreign mode.
random_moment() {
  usleep $((RANDOM * 30))
  ! is_foreign || hits=$((hits + 1))
}

# Stop process $1 in a foreign mode.
stop_in_window() {
  kill -STOP "$1"
  while ! is_foreign; do
    kill -CONT "$1"
    usleep $((RANDOM % 100 * 100))
    kill -STOP "$1" || return 1
  done
}

# ended STATUS: how the runner did.
ended() {
  local status=0
  wait "$runner" || status=$?
  same "$1" "$status"
}

# Everything is as before the run.
all_is_back() {
  within $bound_s are_back && nobody &&
    [ ! -e $state/state ]
}

killed() { ended 137 && all_is_back; }

process_killed() {
  start || return 1
  random_moment
  kill -KILL "$runner"
  killed
}

group_killed() {
  start || return 1
  random_moment
  kill -KILL "-$runner"
  killed
}

# A process that the run's own children left behind lives on.
process_killed_but_not_its_heir() {
  rm -rf heir heir.lock
  child=/tmp/leave_heir
  start || return 1
  child=/bin/true
  within 30 test -s heir || return 1
  random_moment
  kill -KILL "$runner"
  killed && kill -KILL "$(cat heir)"
}

# The group of an experiment: its guardian is outside.
experiment_killed() {
  start || return 1
  echo "$runner" >"$cgroups/test/cgroup.procs"
  random_moment
  echo 1 >"$cgroups/test/cgroup.kill"
  killed
}

# The guardian cannot be chosen (oom_score_adj -1000): all others go.
out_of_memory() {
  local kills
  kills=$(sed -n 's/^oom_kill //p' "$cgroups/test/memory.events")
  start test || return 1
  random_moment
  (
    echo 0 >"$cgroups/test/cgroup.procs"
    exec dd if=/dev/zero of=/dev/null bs=100M count=1 2>/dev/null
  )
  killed || return 1
  [ "$(sed -n 's/^oom_kill //p' "$cgroups/test/memory.events")" -gt "$kills" ]
}

# It is told that its lease is over, and goes on.
stopped() {
  start || return 1
  random_moment
  stop_in_window "$runner"
  within 30 are_back || return 1
  [ "$(readlink "/proc/$guardian/exe")" ] || return 1
  kill -CONT "$runner"
  within 30 is_foreign || return 1
  kill -TERM "$runner"
  ended 130 && all_is_back
}

stopped_and_killed() {
  start || return 1
  random_moment
  stop_in_window "$runner"
  usleep $((RANDOM * 30))
  kill -KILL "$runner"
  killed
}

# Nobody is left to put it back but the next one who comes.
repaired() {
  ended 137 && nobody || return 1
  settings
  if [ $((RANDOM % 2)) = 0 ]; then
    check 0 spawnwise restore &&
      { [ "$mode" = "$original_mode" ] || says out "Restored "; }
  else
    rm -rf next
    check 0 spawnwise run --quick --heap 0 --strategy null --out next &&
      { [ "$mode" = "$original_mode" ] || says err "left overcommit mode"; }
  fi && all_is_back
}

both_killed() {
  start || return 1
  random_moment
  kill -KILL "$guardian" "$runner"
  repaired
}

both_killed_by_their_group() {
  start test || return 1
  random_moment
  echo 1 >"$cgroups/test/cgroup.kill"
  repaired
}

# A third party's value, neither ours nor the one before.
interfere() {
  start || return 1
  stop_in_window "$guardian"
  theirs=$((3 - original_mode - mode))
  echo "$theirs" >$vm/overcommit_memory
}

# The test's own; as whoever interfered would.
set_mode() { echo "$1" >$vm/overcommit_memory; }

# It is not the user's to put back, and no window is opened on top of it.
run_reports_a_third_party() {
  interfere || return 1
  kill -CONT "$guardian"
  ended 1 && nobody &&
    is_mode "$theirs" && says err "had their overcommit mode changed" &&
    says err "somebody else changed the overcommit mode"
}

guardian_keeps_a_third_partys() {
  interfere || return 1
  kill -KILL "$runner"
  kill -CONT "$guardian"
  ended 137 && nobody &&
    is_mode "$theirs" && [ ! -e $state/state ]
}

restore_reports_a_third_party() {
  interfere || return 1
  kill -KILL "$guardian" "$runner"
  ended 137 && nobody &&
    check 0 spawnwise restore && is_mode "$theirs" &&
    says out "Left vm.overcommit_memory at $theirs"
}

# The two that we never write.
third_partys_ratio_is_kept() {
  start || return 1
  random_moment
  echo 61 >$vm/overcommit_ratio
  kill -KILL "$runner"
  ended 137 && nobody &&
    settings && same "$original_mode 61 0" "$all"
}

# Its guardian holds still meanwhile: between two windows there would be nothing
# to restore. So does the run, which waits 2 s for its guardian.
second_is_refused() {
  local verdict=0
  start && stop_in_window "$guardian" && kill -STOP "$runner" &&
    mv err first || return 1
  { check 1 spawnwise run --heap 0 --overcommit 1 --out second &&
    says err "another spawnwise run (pid " && [ ! -e second ] &&
    check 1 spawnwise restore && says err "another spawnwise run (pid "; } || verdict=1
  kill -CONT "$guardian"
  kill -KILL "$runner"
  killed && [ $verdict = 0 ]
}

# set_originals MODE WHICH VALUE
set_originals() {
  echo "$1" >$vm/overcommit_memory
  echo "$3" >"$vm/overcommit_$2"
  settings
  original=$all
  original_mode=$mode
}

# What a failed test may have left, and what a third party wrote.
clean() {
  # shellcheck disable=SC2086 # several
  ! named "spawnwise*" || kill -KILL $pids
  check 0 spawnwise restore
  # shellcheck disable=SC2086 # three words
  set_originals $originals
}

# several TIMES FUNCTION
several() {
  local round=0
  while [ $round -lt "$1" ]; do
    round=$((round + 1))
    "$2" || { echo "in round $round:" && cat err && clean && return 1; }
  done
}

matrix() {
  local way rounds_in_all=0
  originals=$*
  set_originals "$@"
  hits=0
  for way in process_killed group_killed process_killed_but_not_its_heir \
    experiment_killed out_of_memory stopped stopped_and_killed both_killed \
    both_killed_by_their_group; do
    ok "mode $1, $2 $3: $way, $rounds times" several $rounds $way
    rounds_in_all=$((rounds_in_all + rounds))
  done
  ok "mode $1, $2 $3: a quarter of them in a foreign mode" \
    test $hits -ge $((rounds_in_all / 4))
  for way in run_reports_a_third_party guardian_keeps_a_third_partys \
    restore_reports_a_third_party third_partys_ratio_is_kept \
    second_is_refused; do
    ok "mode $1, $2 $3: $way" several 1 $way
    clean
  done
}

child=/bin/true
cat >leave_heir <<'END'
#!/bin/sh
if mkdir /tmp/heir.lock 2>/dev/null; then
  sleep 1000 &
  echo $! >/tmp/heir.new && mv /tmp/heir.new /tmp/heir
fi
END
chmod +x leave_heir
mkdir "$cgroups/test"
echo 64M >"$cgroups/test/memory.max"
echo 1 >"$cgroups/test/memory.oom.group"
matrix 0 ratio 73
matrix 2 kbytes 300000
