# SPDX-License-Identifier: MIT
# How late do the writes of another thread end while a program spawns?
# reads: harm.csv

load plots."/frame.gp"

# A line of $rows a strategy: its facts, and five quantiles of each kind.
kinds = "quiet stall service"
quantiles = "p50 p90 p99 p999 max"
col(k, q) = def(strcol(word(kinds, k)."_".word(quantiles, q)."_ns"))
set table $rows
plot run."/harm.csv" using (strcol("strategy")." ".strcol("heap_bytes")." ". \
  strcol("rate")):(col(1, 1)." ".col(1, 2)." ".col(1, 3)." ".col(1, 4)." ". \
  col(1, 5)):(col(2, 1)." ".col(2, 2)." ".col(2, 3)." ".col(2, 4)." ". \
  col(2, 5)):(col(3, 1)." ".col(3, 2)." ".col(3, 3)." ".col(3, 4)." ". \
  col(3, 5)) with table
unset table
set datafile separator whitespace
set datafile nocolumnheaders
count = |$rows|
field(i, f) = word($rows[i], f)
at(i, k, q) = field(i, 3 + 5 * (k - 1) + q) eq "-" ? 0.0 : \
  real(field(i, 3 + 5 * (k - 1) + q))
do for [i = 1:count] { strategies = strategies." ".field(i, 1) }

# The finding: the worst 99th percentile, the best, and that without spawns.
worst = 1; best = 1
y_min = 1e18; y_max = 0
do for [i = 1:count] {
  if (at(i, 2, 3) > at(worst, 2, 3)) { worst = i }
  if (at(i, 2, 3) < at(best, 2, 3)) { best = i }
  do for [k = 1:3] { do for [q = 1:5] {
    v = at(i, k, q)
    if (v > 0 && v < y_min) { y_min = v }
    if (v > y_max) { y_max = v }
  } }
}
if (y_max == 0) { exit error "nothing was measured" }
finding = sprintf("%s spawns a second by %s: 1 write of 100 is %s late; by %s %s, without %s", \
  field(1, 3), field(worst, 1), duration(at(worst, 2, 3)), field(best, 1), \
  duration(at(best, 2, 3)), duration(at(best, 1, 3)))
if (dumb) {
  set print "-"
  print finding
  exit
}
do for [i = 1:count] { do for [k = 1:3] {
  eval sprintf("set print $line_%d_%d", i, k)
  do for [q = 1:5] {
    if (at(i, k, q) > 0) { print sprintf("%d %g", q, at(i, k, q)) }
  }
  unset print
} }
block(i, k) = sprintf("$line_%d_%d", i, k)
subtitle = sprintf("a thread writes to a heap of %s every 20 µs; how late a write ends, ". \
  "from when it was due; dashed: from when it began; grey: nothing is spawned", \
  size(real(field(1, 2))))
eval titles
set logscale y
set yrange [y_min / 1.5 : y_max * 1.6]
set xrange [0.8 : 5.1]
set xtics ("half" 1, "9 of 10" 2, "99 of 100" 3, "999 of 1,000" 4, "all" 5)
set ytics ()
unset mytics
do for [e = 0:11] { if (10.0**e > y_min / 1.5 && 10.0**e < y_max * 1.6) {
  set ytics add (duration(10.0**e) 10.0**e)
} }
unset key
set grid back lc rgb pale lt 1
set label 4 "so many writes ended no later" at screen 0.45, 0.05 center \
  textcolor rgb ink
set lmargin at screen 0.085
set rmargin at screen 0.87
set bmargin at screen 0.145
set tmargin at screen 0.83
# Names at the ends of the lines, from below pushed apart.
array y_of[count]
gap = log10(y_max * 1.6 / (y_min / 1.5)) * 0.05
floor_y = -1e9
done = ""
do for [n = 1:count] {
  low = 0
  do for [i = 1:count] {
    if (!has(done, sprintf("%d", i)) && \
        (low == 0 || at(i, 2, 5) < at(low, 2, 5))) { low = i }
  }
  done = done.sprintf(" %d", low)
  y = log10(at(low, 2, 5) > 0 ? at(low, 2, 5) : y_min)
  if (y < floor_y + gap) { y = floor_y + gap }
  ceiling = log10(y_max * 1.6) - gap * (count - n + 0.5)
  if (y > ceiling) { y = ceiling }
  floor_y = y
  set label 100 + n field(low, 1) at graph 1.01, first 10**y noenhanced \
    textcolor rgb colour(field(low, 1))
}
plot y_max * 10 notitle, \
  for [i = 1:count] block(i, 1) using 1:2 with lines lw 1.5 lc rgb "#bbbbbb" \
    notitle, \
  for [i = 1:count] block(i, 3) using 1:2 with lines lw 1.5 dt 2 \
    lc rgb colour(field(i, 1)) notitle, \
  for [i = 1:count] block(i, 2) using 1:2 with linespoints lw 2 \
    pt shape(field(i, 1)) ps 1.1 lc rgb colour(field(i, 1)) notitle
