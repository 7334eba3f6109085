# SPDX-License-Identifier: MIT
# Which cells differ between two runs, or two strategies?
# reads: compare.csv

load plots."/frame.gp"

set table $rows
plot run."/compare.csv" using (strcol("strategy")):(strcol("a_strategy")): \
  (strcol("heap_bytes")):(strcol("overcommit")):(def(strcol("ratio"))): \
  (def(strcol("ratio_lo"))):(def(strcol("ratio_hi"))):(strcol("horizon")): \
  (strcol("verdict")):(strcol("backing")):(strcol("cpu")): \
  (strcol("threads")) with table
unset table
set datafile separator whitespace
set datafile nocolumnheaders
F_STRATEGY = 1; F_OTHER = 2; F_HEAP = 3; F_MODE = 4; F_RATIO = 5; F_LO = 6
F_HI = 7; F_HORIZON = 8; F_VERDICT = 9; F_BACKING = 10; F_CPU = 11
F_THREADS = 12
field(i, f) = word($rows[i], f)
known(i, f) = field(i, f) ne "-"
most = 60    # rows that a picture has room for

# The slowest first, and no more than fit; what has no ratio is told in the
# subtitle.
array order[most + 1]
total = 0; drawn = 0
do for [i = 1:|$rows|] { if (known(i, F_RATIO)) {
  total = total + 1
  ratio = real(field(i, F_RATIO))
  k = drawn
  steps = drawn < most || real(field(order[most], F_RATIO)) < ratio ? drawn : 0
  do for [step = 1:steps] {
    if (k >= 1 && real(field(order[k], F_RATIO)) < ratio) {
      order[k + 1] = order[k]
      k = k - 1
    }
  }
  order[k + 1] = i
  if (drawn < most) { drawn = drawn + 1 }
} }
left_out = |$rows| - total
count(v) = (n_ = 0, sum [k_ = 1:|$rows|] \
  (field(k_, F_VERDICT) eq v ? (n_ = n_ + 1, 0) : 0), n_)
strategies = total && field(order[1], F_STRATEGY) ne field(order[1], F_OTHER)
told(v, t) = count(v) ? sprintf(", %d %s", count(v), t) : ""
all_told = told("slower", "slower").told("faster", "faster"). \
  told("same", "the same").told("unproven", "not shown"). \
  told("refused", "refused").told("works", "no longer refused")
finding = (strategies ? sprintf("%s against %s", \
  field(order[1], F_STRATEGY), field(order[1], F_OTHER)) : \
  "B against A").": ".all_told[3:*]
other(i, f, usual, what) = field(i, f) eq usual ? "" : ", ".what." ".field(i, f)
name(i) = (strategies ? "" : field(i, F_STRATEGY).", "). \
  size(real(field(i, F_HEAP))).", mode ".field(i, F_MODE). \
  other(i, F_BACKING, "base", "backing").other(i, F_CPU, "same", "cpu"). \
  other(i, F_THREADS, "0", "threads")
colour(v) = v eq "slower" ? "#D55E00" : v eq "faster" ? "#009E73" : \
  v eq "same" ? ink : faint

change(r, sign) = r < 0.5 ? "1/".three(1 / r) : r < 2 ? \
  (r < 1 ? "-" : "+").sprintf("%.3g ", 100 * abs(r - 1)).sign : three(r)." x"
percent(r) = change(r, "%")
if (dumb) {
  set print "-"
  print finding
  do for [j = 1:drawn] {
    print sprintf("%12s  ", change(real(field(order[j], F_RATIO)), "%")). \
      name(order[j])
  }
  exit
}
low = drawn ? 1.0 : 0.95; high = 1 / low; longest = 0
do for [j = 1:drawn] {
  i = order[j]
  l = real(field(i, known(i, F_LO) ? F_LO : F_RATIO))
  h = real(field(i, known(i, F_HI) ? F_HI : F_RATIO))
  around = 1 + real(field(i, F_HORIZON))
  low = l < low ? l : low
  low = 1 / around < low ? 1 / around : low
  high = h > high ? h : high
  high = around > high ? around : high
  longest = strlen(name(i)) > longest ? strlen(name(i)) : longest
}
subtitle = "time of B over that of A until the exit status is in hand, quiet; ". \
  "bar = interval, 95 % for all rows together; shaded = does not count". \
  (total > drawn ? sprintf("; the %d slowest of %d", drawn, total) : ""). \
  (left_out ? sprintf("; %d without a time", left_out) : "")
height = 220 + 24 * drawn
if (height < 400) { height = 400 }
if (term eq "svg") { set terminal svg size width, height font face.",15" \
  mouse standalone dynamic background "white" }
if (term eq "png") { set terminal pngcairo size width, height \
  font face.",12" background "white" }
set output out
top = 1 - 130.0 / height; bottom = 75.0 / height
finding_y = 1 - 30.0 / height; subtitle_y = 1 - 65.0 / height
eval titles
set label 1 at screen 0.05, finding_y
set label 2 at screen 0.05, subtitle_y
set label 3 at screen 0.985, 14.0 / height
set tmargin at screen top
set bmargin at screen bottom
left = 0.04 + 0.0056 * longest
left = left < 0.2 ? 0.2 : left > 0.6 ? 0.6 : left
set lmargin at screen left
set rmargin at screen 0.97
unset key
set logscale x
margin = (high / low)**0.06
set xrange [low / margin : high * margin]
set yrange [drawn + 0.6 : 0.4]
set border 1
set ytics () scale 0 noenhanced
set xtics ()
steps = high / low < 1.12 ? "0.9 0.95 0.98 0.99 1 1.01 1.02 1.05 1.1" : \
  high / low < 1.3 ? "0.8 0.85 0.9 0.95 1 1.05 1.1 1.15 1.2 1.25" : \
  high / low < 6 ? "0.25 0.3333 0.5 0.6667 0.8 1 1.25 1.5 2 3 4" : \
  "0.0001 0.001 0.01 0.1 1 10 100 1000 10000"
# The text of a tick is a format.
do for [s in steps] { set xtics add ((real(s) == 1 ? "same" : \
  change(real(s), "%%")) real(s)) }
set grid xtics back lc rgb pale lt 1
set print $points
do for [j = 1:drawn] {
  i = order[j]
  around = 1 + real(field(i, F_HORIZON))
  set ytics add (name(i) j)
  set object j rectangle from 1 / around, j - 0.5 to around, j + 0.5 behind \
    fillcolor rgb pale fillstyle solid noborder
  print sprintf("%d ", j).field(i, F_RATIO)." ". \
    (known(i, F_LO) ? field(i, F_LO) : field(i, F_RATIO))." ". \
    (known(i, F_HI) ? field(i, F_HI) : field(i, F_RATIO))." ". \
    sprintf("%d", int("0x".colour(field(i, F_VERDICT))[2:*]))
}
unset print
if (!drawn) {
  unset ytics
  set print $points; print "1 0 1 1 0"; unset print
}
plot $points using 3:1:($4 - $3):(0):5 with vectors nohead lw 3 \
    lc rgb variable, \
  $points using 2:1:5 with points pt 7 ps 1.1 lc rgb variable, \
  $points using 2:1:(percent($2)) with labels offset 0, 0.7 font fine \
    textcolor rgb ink
