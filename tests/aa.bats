#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tests/aa: how far runs are apart, on samples whose answer is known.

bats_require_minimum_version 1.5.0

setup() {
  aa=$BATS_TEST_DIRNAME/aa
  cd "$BATS_TEST_TMPDIR" || return
}

# samples FILE FACTOR SPOILED: six parents of 20 samples each, 100 us times
# FACTOR; every second one of the last SPOILED parents takes twice as long.
samples() {
  awk -v factor="$2" -v spoiled="$3" 'BEGIN {
    print "strategy,heap_bytes,backing,threads,cpu,overcommit,parent,block," \
      "warmup,reap_ns,ref_ns,errno"
    for (p = 0; p < 6; p++) for (s = 0; s < 20; s++)
      printf "vfork,0,base,0,same,0,%d,0,0,%d,100000,\n", p,
        100000 * factor * (s % 2 && p >= 6 - spoiled ? 2 : 1) }' >"$1"
}

# slow FILE PERCENT REFERENCE: three of six parents take so much longer, and so
# does the reference before their block.
slow() {
  samples "$1" 1 0
  awk -F , -v OFS=, -v percent="$2" -v reference="$3" '$7 ~ /^[345]$/ {
    $10 *= 1 + percent / 100; $11 *= 1 + reference / 100 } { print }' \
    "$1" >"$1.slow"
  mv "$1.slow" "$1"
}

@test "equal runs are equal, and a slower cell is found" {
  samples one 1 0
  samples two 1 0
  "$aa" one two >out
  grep -Eq '^median/median +sharing +100% +100% +0.0 % +100% +100%$' out
  samples two 1.04 0
  "$aa" one two >out
  grep -Eq '^median/median +sharing +0% +100% +4.0 % ' out
  grep -Eq '^q5/q25 +sharing +0% +100% +4.0 % ' out
}

@test "the lower quantiles do not see what only adds time" {
  samples one 1 0
  samples two 1 6
  gzip two
  "$aa" one two.gz >out
  grep -Eq '^median/median +sharing +0% +0% +50.0 % ' out
  grep -Eq '^q5/q25 +sharing +100% +100% +0.0 % ' out
}

@test "parents that were disturbed are left out" {
  samples one 1 0
  slow two 6 20
  "$aa" one two >out
  grep -Eq '^median/median +sharing +100% +100% +3.0 % ' out
  grep -Eq '^calm by itself +sharing +100% +100% +3.0 % ' out
  grep -Eq '^calm by ref +sharing +100% +100% +0.0 % ' out
  grep -Eq '^calm by both +sharing +100% +100% +0.0 % ' out
  slow two 20 6
  "$aa" one two >out
  grep -Eq '^calm by ref +sharing +0% +0% +10.0 % ' out
  grep -Eq '^calm by itself +sharing +100% +100% +0.0 % ' out
  grep -Eq '^calm by both +sharing +100% +100% +0.0 % ' out
}

@test "one run, no file, no samples: one line" {
  run -1 "$aa" one
  [[ $output == *'aa RUN RUN [RUN...]'* ]]
  run -1 "$aa" gone gone
  [ "${#lines[@]}" -eq 1 ]
  echo strategy,warmup,errno >one
  echo fork,0, >>one
  run -1 "$aa" one one
  [ "${#lines[@]}" -eq 1 ]
}

# refuses REASON FILE: in one line.
refuses() {
  run "$aa" one "$2"
  [ "$status" -eq 1 ] && [ "${#lines[@]}" -eq 1 ] && [[ $output == *"$1"* ]] ||
    { echo "$output" && return 1; }
}

@test "what is no run, or another matrix, is refused in one line" {
  printf '#!/bin/sh\necho name,traits\necho vfork,shares_memory\n' >list
  chmod +x list
  export SPAWNWISE=$PWD/list
  samples one 1 0
  sed 's/,0,base,/,4096,base,/' one >two
  refuses 'no cell in common' two
  gzip -c one | head -c 100 >two.gz
  refuses 'the samples of two.gz: EOFError' two.gz
  head -c -11 one >two # half of the last number
  "$aa" one two >out
  grep -Eq '^median/median +sharing +100% +100% +0.0 % ' out
}
