#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Charts are drawn from a run's CSV alone, say what they show, and come out
# byte for byte the same the second time.

setup() {
  top=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  spawnwise=${SPAWNWISE:-$top/build/spawnwise}
  run_data=$top/tests/data/run
  quotable=${top//\'/\'\'} # between single quotes of gnuplot
  cd "$BATS_TEST_TMPDIR" || return
}

# The charts of the run that is kept, $charts, which the first who asks draws.
drawn() {
  charts=$BATS_FILE_TMPDIR/charts
  [ -d "$charts" ] ||
    "$spawnwise" plot "$run_data" --out "$charts" 2>"$BATS_FILE_TMPDIR/log"
}

# A run that keeps the rows of the test run for which the awk condition holds;
# $4 strategy, $5 heap, $11 mode.
run_with() {
  mkdir -p some
  awk -F, "NR == 1 || ($1)" "$run_data/cells.csv" >some/cells.csv
  cp "$run_data/host.json" some/
}

# add_strategies NAME...: each with the figures of fork, in the run that
# run_with made.
add_strategies() {
  for new in "$@"; do
    awk -F, -v OFS=, -v s="$new" '$4 == "fork" { $4 = s; print }' \
      some/cells.csv >>more
  done
  cat more >>some/cells.csv
}

@test "every chart is drawn as svg and png" {
  drawn
  for chart in latency_by_heap feasible; do
    [ -s "$charts/$chart.svg" ]
    [ "$(head -c 4 "$charts/$chart.png" | tail -c 3)" = PNG ]
  done
  ! grep -i warning "$BATS_FILE_TMPDIR/log"
}

@test "a second drawing is the same" {
  drawn
  "$spawnwise" plot "$run_data" --out again 2>/dev/null
  diff -r "$charts" again
}

@test "the latency chart tells the finding, every name and the refusal" {
  drawn
  svg=$charts/latency_by_heap.svg
  grep -q 'fork takes 901 times as long at 8 GiB as at 0' "$svg"
  for name in fork vfork posix_spawn clone_vm broker; do
    grep -q ">$name<" "$svg"
  done
  grep -q 'fork ENOMEM' "$svg"
  grep -q 'floor of the harness 59 ns' "$svg"
  grep -q 'Linux 6.18.0' "$svg"
}

@test "the feasibility chart tells refused from not run" {
  drawn
  grep -q 'fork fails in 1 cell' "$charts/feasible.svg"
  [ "$(grep -c '>ENOMEM<' "$charts/feasible.svg")" -eq 1 ]
  [ "$(grep -c '>not run<' "$charts/feasible.svg")" -eq 1 ]
}

@test "an outcome that was not predicted shouts" {
  run_with '1'
  sed -i '/,fork,8589934592,.*,2,reap,/s/ENOMEM,ENOMEM$/ok,ENOMEM/' \
    some/cells.csv
  "$spawnwise" plot some --terminal dumb >out
  grep -q 'NOT AS PREDICTED' out
  grep -q 'ENOMEM!' out
}

@test "as predicted: only what had a prediction, and it came true" {
  run_with '$4 == "vfork" && $11 == 0'
  "$spawnwise" plot some --terminal dumb >out
  grep -q 'measured, as predicted$' out
  sed -i '/,8589934592,/s/,ok,ok$/,,ok/' some/cells.csv
  "$spawnwise" plot some --terminal dumb >out
  grep -q 'measured, as predicted; 1 cell without a prediction$' out
  sed -i 's/,ok,ok$/,,ok/' some/cells.csv
  "$spawnwise" plot some --terminal dumb >out
  [ "$(grep -c 'as predicted' out)" -eq 0 ]
  grep -q 'cells without a prediction$' out
}

@test "more cells than a chart can show: one clear line, soon" {
  run_with '$4 == "vfork" && $5 == 0 && $11 == 0'
  awk -F, -v OFS=, 'NR == 1 { print } $12 == "reap" {
    for (i = 0; i < 18750; i++) { $3 = i; $5 = i * 4096; print } }' \
    some/cells.csv >many
  mv many some/cells.csv
  run timeout 120 "$spawnwise" plot some
  [ "$status" -eq 1 ]
  [[ $output == *"it has 18750 cells of one kind of parent, no chart"* ]]
}

@test "the terminal gets both charts within its width" {
  "$spawnwise" plot "$run_data" --terminal dumb >out 2>log
  [ ! -s log ]
  grep -q 'f fork' out
  grep -q 'p posix_spawn' out
  grep -q 'posix_spawn  *works' out
  [ "$(awk '{ if (length($0) > n) n = length($0) } END { print n }' out)" -le 104 ]
}

@test "one mode, one heap, one strategy, one cell, nothing that worked" {
  for condition in '$11 == 0' '$5 == 0' '$4 == "fork"' '$4 == "null"' \
    '$4 == "fork" && $5 == 0 && $11 == 0' \
    '$4 == "fork" && $5 == 8589934592 && $11 == 2'; do
    run_with "$condition"
    "$spawnwise" plot some 2>log
    ! grep -iE 'warning|error' log
    "$spawnwise" plot some --terminal dumb >out 2>log
    [ ! -s log ]
  done
}

@test "many strategies keep their names and get a colour each" {
  run_with '$11 == 0'
  add_strategies one two three four
  "$spawnwise" plot some 2>/dev/null
  for new in one two three four; do
    grep -q ">$new<" some/latency_by_heap.svg
  done
}

@test "missing gnuplot is one line with the cure" {
  mkdir empty
  run env PATH="$PWD/empty" "$spawnwise" plot "$run_data" --out charts
  [ "$status" -eq 1 ]
  [[ $output == *"apt-get install gnuplot-nox"* ]]
}

# spoiled SED: a run whose cells.csv was changed so.
spoiled() {
  run_with '1'
  sed -i -E "$1" some/cells.csv
}

# refuses REASON: plot tells it, in two lines, and draws nothing.
refuses() {
  run "$spawnwise" plot some --out charts
  [ "$status" -eq 2 ] && [ "${#lines[@]}" -eq 2 ] && [[ $output == *"$1"* ]] &&
    ! ls charts/* 2>/dev/null || { echo "$output" && return 1; }
}

@test "a run cannot make a chart run a command" {
  spoiled '2,$s/,fork,/,`touch broken`,/'
  refuses ': strategy cannot be "`touch broken`"'
  for term in svg png dumb; do
    for chart in latency_by_heap feasible; do
      gnuplot -e "plots='$quotable/plots'; run='some'; term='$term'; out='x'; \
        columns=100; lines=30" "$top/plots/$chart.gp" >/dev/null 2>&1 || true
    done
  done
  [ ! -e broken ]
}

@test "neither can its host.json, nor the name of its folder" {
  run_with '1'
  sed -i 's/"version": "[^"]*"/"version": "'"'"'`touch broken`\\n system(1)"/' \
    some/host.json
  "$spawnwise" plot some 2>log
  [ "$(wc -l <log)" -eq 5 ]
  mkdir -p '< touch broken; cat some'
  cp some/* '< touch broken; cat some/'
  "$spawnwise" plot '< touch broken; cat some' 2>log
  [ -s '< touch broken; cat some/feasible.svg' ]
  mkdir '| touch broken'
  "$spawnwise" plot some --out '| touch broken' 2>log
  [ -s '| touch broken/feasible.svg' ]
  [ ! -e broken ]
}

@test "what is no run is refused with its line" {
  spoiled '3s/,base,/,base,,/'
  refuses 'line 3 has 32 fields, not 31'
  spoiled '3s/^1,/3,/'
  refuses 'schema 3 is not 1 to 2'
  spoiled '3s/,43265,/,nan,/'
  refuses 'line 3: p50_ns cannot be "nan"'
  spoiled '3s/,43265,/,-5,/'
  refuses 'line 3: p50_ns cannot be "-5"'
  spoiled '3s/,43265,/,1e300,/'
  refuses 'line 3: p50_ns cannot be "1e300"'
  spoiled '3s/,clone_vm,0,/,clone_vm,18446744073709551615,/'
  refuses 'line 3: heap_bytes cannot be "18446744073709551615"'
  spoiled '3s/-1234,/-1235,/'
  refuses 'line 3: run_id cannot be "20261120T210000Z-1235"'
  spoiled '3s/,same,0,/,same,7,/'
  refuses 'some: cells.csv: line 3: overcommit cannot be "7"'
  run_with '1'
  truncate -s -20 some/cells.csv
  refuses 'is cut off'
  : >some/cells.csv
  refuses 'it is empty'
  run_with '0'
  refuses 'its cells.csv has no rows'
}

# lab_spoiled SED: results of a lab whose file was changed so.
lab_spoiled() {
  rm -rf some
  mkdir some
  echo '{ "run_id": "r" }' >some/host.json
  printf '%s\n' overcommit,promised_bytes,ram_bytes,swap_bytes,commit_limit_bytes,stopped_by,predicted_bytes,largest_bytes \
    0,4096,4096,0,4096,address_space,4096,4096 \
    1,8192,4096,0,4096,address_space,8192,8192 | sed -E "$1" >some/promise.csv
}

@test "what is no result of a lab is refused with its line, and gnuplot not blamed" {
  lab_spoiled ''
  "$spawnwise" plot some --out charts
  rm charts/promise.*
  lab_spoiled '3s/8192/8x/'
  refuses 'some: promise.csv: line 3: promised_bytes cannot be "8x"'
  lab_spoiled '3s/8192/-8/'
  refuses 'line 3: promised_bytes cannot be "-8"'
  lab_spoiled '2s/,4096$/,/'
  refuses 'line 2: largest_bytes cannot be ""'
  lab_spoiled '2s/^0/7/'
  refuses 'line 2: overcommit cannot be "7"'
  lab_spoiled '3s/address_space/`touch x`/'
  refuses 'line 3: stopped_by cannot be "`touch x`"'
  lab_spoiled '2s/,address_space//'
  refuses 'line 2 has 7 fields, not 8'
  lab_spoiled '1s/swap_bytes/swap/'
  refuses 'column swap_bytes is missing'
  lab_spoiled ''
  truncate -s -3 some/promise.csv
  refuses 'line 3 is cut off'
}

@test "a drawing that cannot be written is an error" {
  [ -w /dev/full ] || skip "there is no /dev/full here"
  status=0
  "$spawnwise" plot "$run_data" --terminal dumb >/dev/full 2>log || status=$?
  [ "$status" -eq 1 ]
  grep -q 'cannot plot .*: No space left' log
}

@test "a cell that failed sometimes is told from one that always fails" {
  run_with '1'
  awk -F, -v OFS=, '$4 == "vfork" && $5 == 4294967296 && $11 == 2 {
    $14 = 222; $15 = 12; $16 = "ENOMEM"; $17 = "ENOMEM:12"; $31 = "ENOMEM" }
    { print }' some/cells.csv >new
  mv new some/cells.csv
  "$spawnwise" plot some 2>/dev/null
  grep -q 'fork fails in 1 cell; vfork sometimes fails in 1 cell; ' \
    some/feasible.svg
  grep -q '>5 %<' some/feasible.svg
  grep -q 'red × = failed sometimes' some/latency_by_heap.svg
  [ "$(grep -c "gpPt1'.*rgb(204,   0,   0)" some/latency_by_heap.svg)" -eq 1 ]
  "$spawnwise" plot some --terminal dumb >out
  grep -q 'vfork .* ENOMEM! 5 % ' out
}

@test "every heap has its tick" {
  drawn
  for chart in latency_by_heap feasible; do
    for heap in 0 64M 256M 1G 4G 8G; do
      [ "$(grep -c ">$heap<" "$charts/$chart.svg")" -eq 3 ]
    done
  done
}

@test "known strategies and four strangers differ in colour and shape" {
  run_with '$11 == 0'
  add_strategies one two three four
  gnuplot -e "plots='$quotable/plots'; columns=100; lines=30; \
    run='some'; term='dumb'; load plots.'/cells.gp'; set print '-'; \
    do for [s in named.' one two three four'] { print s, ' ', colour(s), ' ', shape(s) }" >looks
  grep -q '^one ' looks
  [ "$(wc -l <looks)" -eq 12 ]
  for field in 2 3; do
    [ -z "$(cut -d ' ' -f $field looks | sort | uniq -d)" ]
  done
}

@test "in the terminal every strategy has a letter of its own" {
  run_with '$11 == 0'
  add_strategies clone_async system popen posix_more
  "$spawnwise" plot some --terminal dumb |
    sed -n 's/.*|\([a-zA-Z0-9]\) \([a-z_]*\) *$/\1 \2/p' >marks
  [ "$(wc -l <marks)" -eq 9 ]
  [ -z "$(cut -c 1 marks | sort | uniq -d)" ]
  grep -qx 'C clone_async' marks
}

@test "what gnuplot complains about is told by its reason" {
  mkdir plots
  cp "$top"/plots/{frame,cells}.gp plots/
  printf '# bad\n# reads: cells.csv\nplot %s 1\nset nonsense # %s\n' '1,' "$(printf '%0600d' 0)" >plots/bad.gp
  run env SPAWNWISE_PLOTS="$PWD/plots" "$spawnwise" plot "$run_data" --out .
  [ "$status" -eq 1 ]
  [[ ${lines[0]} == *"bad.gp: "*"line 4: "* ]]
}

@test "a full disk leaves no chart that is cut, and the old ones" {
  [ "$(id -u)" -eq 0 ] || skip "needs root"
  unshare -m true 2>/dev/null || skip "needs mount namespaces"
  run_with '1'
  mkdir small
  unshare -m sh -ec 'mount -t tmpfs -o size=8k small small
    echo old >small/feasible.svg
    "$1" plot some --out small 2>log || echo $? >status
    cp small/* .' - "$spawnwise"
  [ "$(cat status)" -eq 1 ]
  grep -q 'small/.*.svg cannot be written: No space left on device' log
  grep -q 'Make room on the disk' log
  if grep -q Drew log; then return 1; fi
  [ "$(cat ./feasible.svg)" = old ]
  [ "$(ls ./*.svg ./*.png ./*.part 2>/dev/null)" = ./feasible.svg ]
}

@test "a chart says which state of the parents it shows" {
  mkdir states
  python3 - "$run_data/cells.csv" states/cells.csv <<'PYTHON'
import sys
head, *rows = open(sys.argv[1]).read().splitlines()
place = head.split(",").index
def of(row, **values):
    fields = row.split(",")
    for name, value in values.items():
        fields[place(name)] = value
    return ",".join(fields)
with open(sys.argv[2], "w") as out:
    print(head, *rows, *(of(r, backing="thp", threads="1") for r in rows),
          sep="\n", file=out)
PYTHON
  "$spawnwise" plot states --terminal dumb >log
  grep -qx 'parents: backing base, cpu same, 0 sleeping threads (1 of 2 states)' log
  "$spawnwise" plot states
  grep -q '>parents: backing base, cpu same, 0 sleeping threads (1 of 2 states)<' \
    states/feasible.svg
  "$spawnwise" plot --state thp/1/same states
  grep -q '>parents: backing thp, cpu same, 1 sleeping thread (1 of 2 states)<' \
    states/latency_by_heap.svg
  "$spawnwise" plot states --terminal dumb 2>&1 >/dev/null |
    grep -qx 'Draws the first of the states base/0/same, thp/1/same; --state takes another.'
  run "$spawnwise" plot --state "thp/1/x'" states
  [ "$status" -eq 2 ]
  [[ $output == *"the state thp/1/x': the run has base/0/same, thp/1/same"* ]]
}

@test "any of many states can be drawn" {
  mkdir many
  python3 - "$run_data/cells.csv" many/cells.csv <<'PYTHON'
import sys
head, *rows = open(sys.argv[1]).read().splitlines()
at = head.split(",").index("threads")
with open(sys.argv[2], "w") as out:
    print(head, file=out)
    for threads in range(60):
        for row in rows:
            fields = row.split(",")
            if fields[3] in ("fork", "vfork"):
                fields[at] = str(threads)
                print(*fields, sep=",", file=out)
PYTHON
  "$spawnwise" plot --state base/59/same many 2>log
  grep -q '59 sleeping threads (1 of 60 states)' many/feasible.svg
  "$spawnwise" plot many --terminal dumb 2>&1 >/dev/null |
    grep -q '^Draws the first of the states base/0/same, .*, \.\.\.; --state takes'
}

@test "a file of schema 2 says what creates nothing, whatever its name" {
  run_with '$4 ~ /^(null|fork|vfork)$/'
  awk -F, -v OFS=, '{ sub(/^1$/, 2, $1); sub(/^null$/, "idle", $4)
    print $0, NR == 1 ? "creates_nothing,baseline" : \
      ($4 == "idle" ? "yes" : "no") ",no" }' some/cells.csv >more
  mv more some/cells.csv
  "$spawnwise" plot some
  grep -q 'floor of the harness 59 ns' some/latency_by_heap.svg
  ! grep -q '>idle<' some/latency_by_heap.svg
}

# samples_of FACTOR...: a process each, of four blocks, whose references take
# 50 us times FACTOR.
samples_of() {
  awk -v factors="$*" 'BEGIN {
    print "run_id,cell_id,strategy,heap_bytes,backing,vmas,threads,fds,cpu," \
      "overcommit,parent,block,sample,warmup,return_ns,confirm_ns,start_ns," \
      "reap_ns,caller_cpu_ns,ref_ns,errno"
    count = split(factors, factor, " ")
    for (p = 0; p < count; p++) for (b = 0; b < 4; b++) for (s = 0; s < 3; s++)
      print "r," b ",vfork,0,base,1,0,0,same,0," p "," b "," s ",0,1,1,1,1,1," \
        50000 * factor[p + 1] "," }' >some/samples.csv
}

@test "a chart tells when something else was at work" {
  run_with 1
  samples_of 1 1 1.05 1 1 3 1 1.2 1 1
  "$spawnwise" plot some --out charts 2>/dev/null
  grep -q 'Something else was at work in 20 % of the blocks' charts/quiet.svg
  grep -q 'line: 50 µs, the 10 % quantile' charts/quiet.svg
  [ "$(head -c 4 charts/quiet.png | tail -c 3)" = PNG ]
  samples_of 1 1.02
  "$spawnwise" plot some --out charts 2>/dev/null
  grep -q 'Nothing disturbed this run' charts/quiet.svg
}

@test "the footer says how far equal cells are apart" {
  run_with 1
  sed -i 's/{/{"equal_cells_apart": 0.0123,/' some/host.json
  "$spawnwise" plot some --out charts 2>/dev/null
  grep -q 'equal cells within 1.2 %' charts/latency_by_heap.svg
}
