# SPDX-License-Identifier: MIT
# Which cells differ between two runs, or two strategies?
# reads: compare.csv

load plots."/frame.gp"

set table $rows
plot run."/compare.csv" using (strcol("strategy")):(strcol("a_strategy")): \
  (strcol("heap_bytes")):(strcol("overcommit")):(def(strcol("ratio"))): \
  (def(strcol("ratio_lo"))):(def(strcol("ratio_hi"))):(strcol("horizon")): \
  (strcol("verdict")) with table
unset table
set datafile separator whitespace
set datafile nocolumnheaders
F_STRATEGY = 1; F_OTHER = 2; F_HEAP = 3; F_MODE = 4; F_RATIO = 5; F_LO = 6
F_HI = 7; F_HORIZON = 8; F_VERDICT = 9
field(i, f) = word($rows[i], f)
known(i, f) = field(i, f) ne "-"
most = 60    # rows that a picture has room for

# From the slowest to the fastest; what has no ratio is told in the subtitle.
array order[|$rows| + 1]
drawn = 0; left_out = 0
do for [i = 1:|$rows|] { if (known(i, F_RATIO)) {
  drawn = drawn + 1
  order[drawn] = i
} else { left_out = left_out + 1 } }
do for [j = 2:drawn] {
  i = order[j]; k = j - 1
  do for [step = 1:j - 1] {
    if (k >= 1 && real(field(order[k], F_RATIO)) < real(field(i, F_RATIO))) {
      order[k + 1] = order[k]
      k = k - 1
    }
  }
  order[k + 1] = i
}
total = drawn
if (drawn > most) { drawn = most }
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
horizon = total ? 0.0 : 0.03
do for [j = 1:total] { if (real(field(order[j], F_HORIZON)) > horizon) {
  horizon = real(field(order[j], F_HORIZON))
} }
name(i) = (strategies ? "" : field(i, F_STRATEGY).", "). \
  size(real(field(i, F_HEAP))).", mode ".field(i, F_MODE)
colour(v) = v eq "slower" ? "#D55E00" : v eq "faster" ? "#009E73" : \
  v eq "same" ? ink : faint

change(r, sign) = r < 0.5 ? sprintf("1/%.3g", 1 / r) : r < 2 ? \
  (r < 1 ? "-" : "+").sprintf("%.3g ", 100 * abs(r - 1)).sign : \
  sprintf("%.3g x", r)
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
low = 1.0; high = 1.0
do for [j = 1:drawn] {
  i = order[j]
  l = known(i, F_LO) ? real(field(i, F_LO)) : real(field(i, F_RATIO))
  h = known(i, F_HI) ? real(field(i, F_HI)) : real(field(i, F_RATIO))
  if (l < low) { low = l }
  if (h > high) { high = h }
}
if (low > 1 / (1 + horizon)) { low = 1 / (1 + horizon) }
if (high < 1 + horizon) { high = 1 + horizon }
subtitle = "time of B over that of A until the exit status is in hand, when ". \
  "nothing else is at work; bar = interval, 95 % for all rows together; ". \
  "shaded: differences that do not count".(total > drawn ? sprintf( \
  "; the first %d of %d", drawn, total) : "").(left_out ? sprintf( \
  "; %d cells without a time", left_out) : "")
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
set lmargin at screen 0.2
set rmargin at screen 0.97
unset key
set logscale x
margin = (high / low)**0.06
set xrange [low / margin : high * margin]
set yrange [drawn + 0.6 : 0.4]
set border 1
set ytics () scale 0 noenhanced
set xtics ()
steps = high / low < 1.3 ? "0.8 0.85 0.9 0.95 1 1.05 1.1 1.15 1.2 1.25" : \
  high / low < 6 ? "0.25 0.33 0.5 0.67 0.8 1 1.25 1.5 2 3 4" : \
  "0.001 0.01 0.1 1 10 100 1000"
# The text of a tick is a format.
do for [s in steps] { set xtics add ((real(s) == 1 ? "same" : \
  change(real(s), "%%")) real(s)) }
set grid xtics back lc rgb pale lt 1
set object 1 rectangle from 1 / (1 + horizon), graph 0 to 1 + horizon, graph 1 \
  behind fillcolor rgb pale fillstyle solid noborder
array texts[drawn + 1]
set print $points
do for [j = 1:drawn] {
  i = order[j]
  set ytics add (name(i) j)
  print sprintf("%d ", j).field(i, F_RATIO)." ". \
    (known(i, F_LO) ? field(i, F_LO) : field(i, F_RATIO))." ". \
    (known(i, F_HI) ? field(i, F_HI) : field(i, F_RATIO))." ". \
    sprintf("%d", int("0x".colour(field(i, F_VERDICT))[2:*]))
}
unset print
if (!drawn) { set print $points; print "1 1 1 1 0"; unset print }
plot $points using 3:1:($4 - $3):(0):5 with vectors nohead lw 3 \
    lc rgb variable, \
  $points using 2:1:5 with points pt 7 ps 1.1 lc rgb variable, \
  $points using 2:1:(percent($2)) with labels offset 0, 0.7 font fine \
    textcolor rgb ink
