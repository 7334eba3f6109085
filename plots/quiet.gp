# SPDX-License-Identifier: MIT
# When during the run was the machine disturbed?
# reads: samples.csv

load plots."/frame.gp"

# A row a block: its place in the run, and its reference.
set table $blocks
plot run."/samples.csv" using (strcol("parent")):(strcol("block")): \
  (def(strcol("ref_ns"))) with table \
  if (strcol("sample") eq "0" && strlen(strcol("ref_ns")))
unset table
set datafile separator whitespace
set datafile nocolumnheaders
count = |$blocks|
if (count < 2) { exit error "it has no references" }
array ref[count]
processes = 0; widest = 1
do for [i = 1:count] {
  ref[i] = real(word($blocks[i], 3))
  if (int(word($blocks[i], 1)) >= processes) {
    processes = int(word($blocks[i], 1)) + 1
  }
  if (int(word($blocks[i], 2)) >= widest) {
    widest = int(word($blocks[i], 2)) + 1
  }
}
# The 10 % quantile: the first value that so many are not above.
set table $sorted
plot $blocks using 3:(1.0 / count) smooth cumulative
unset table
quiet_ns = 0
do for [i = 1:|$sorted|] {
  if (words($sorted[i]) >= 2 && word($sorted[i], 1) ne "#") {
    if (quiet_ns == 0 && real(word($sorted[i], 2)) >= 0.1 - 1e-9) {
      quiet_ns = real(word($sorted[i], 1))
    }
  }
}
limit = 1.1 * quiet_ns
disturbed = 0; highest = limit
do for [i = 1:count] {
  if (ref[i] > limit) { disturbed = disturbed + 1 }
  if (ref[i] > highest) { highest = ref[i] }
}
percent = 100.0 * disturbed / count
finding = disturbed == 0 ? "Nothing disturbed this run" : sprintf( \
  "Something else was at work in %s of the blocks", \
  percent < 1 ? "less than 1 %" : sprintf("%.0f %%", percent))
if (dumb) {
  set print "-"
  print finding
  exit
}
subtitle = sprintf("a point a block: a bare vfork just before it; line: %s, ". \
  "the 10 %% quantile; red: more than 10 %% above that, and the blocks on ". \
  "both sides do not count", duration(quiet_ns))
eval titles
set lmargin at screen 0.07
set rmargin at screen 0.97
set tmargin at screen 0.83
set bmargin at screen 0.16
set label 4 "processes, in the order they ran" at screen 0.52, 0.06 center \
  textcolor rgb ink
unset key
set logscale y
set yrange [quiet_ns / 1.15 : highest * 1.1]
set ytics ()
steps = "1 1.1 1.25 1.5 2 3 5 10 20 50 100 1000"
do for [s in steps] { if (real(s) * quiet_ns < highest * 1.1) {
  set ytics add (duration(real(s) * quiet_ns) real(s) * quiet_ns)
} }
set grid ytics back lc rgb pale lt 1
set xrange [0 : processes]
plot quiet_ns with lines lw 1.5 lc rgb ink, \
  $blocks using ($1 + ($2 + 0.5) / widest):($3 > limit ? $3 : NaN) \
    with points pt 7 ps 0.7 lc rgb "#D55E00", \
  $blocks using ($1 + ($2 + 0.5) / widest):($3 > limit ? NaN : $3) \
    with points pt 7 ps 0.7 lc rgb "#0072B2"
