# SPDX-License-Identifier: MIT
# From how large a heap does each strategy still spawn, per overcommit mode?
# reads: frontier.csv

load plots."/frame.gp"

set table $rows
plot run."/frontier.csv" using (strcol("strategy")): \
  (strcol("overcommit")):(strcol("vmas")):(def(strcol("stage"))): \
  (strcol("stopped_by")):(strcol("lower_bytes")):(def(strcol("upper_bytes"))): \
  (strcol("predicted_bytes")):(strcol("exact")): \
  (real(strcol("ram_bytes")) + real(strcol("swap_bytes"))): \
  (strcol("commit_limit_bytes")) with table
unset table
set datafile separator whitespace
set datafile nocolumnheaders
F_STRATEGY = 1; F_MODE = 2; F_VMAS = 3; F_STAGE = 4; F_STOPPED = 5
F_LOWER = 6; F_UPPER = 7; F_PREDICTED = 8; F_EXACT = 9; F_RAM = 10; F_LIMIT = 11
field(i, f) = word($rows[i], f)
bytes(i, f) = real(field(i, f))
rows = |$rows|
# Where nothing was refused, what was tried last is the end.
upper(i) = field(i, F_UPPER) eq "-" ? bytes(i, F_LOWER) : bytes(i, F_UPPER)
ram = bytes(1, F_RAM); limit = bytes(1, F_LIMIT)

# Strategies that end at the same limit within 20 % share a bar.
bars = 0
array GROUP[rows]; array FIRST[rows]; array LOW[rows]; array HIGH[rows]
array NAMES[rows]; array WHO[rows]; array MOST[3]
same(i, j) = field(i, F_MODE) eq field(j, F_MODE) && \
  field(i, F_VMAS) eq field(j, F_VMAS) && \
  field(i, F_STOPPED) eq field(j, F_STOPPED) && \
  abs(bytes(i, F_PREDICTED) - bytes(j, F_PREDICTED)) < \
  bytes(j, F_PREDICTED) / 5
do for [m = 1:3] { MOST[m] = 0 }
do for [i = 1:rows] {
  g = 0
  do for [b = 1:bars] { if (same(i, FIRST[b])) { g = b } }
  if (!g) {
    bars = bars + 1; g = bars
    FIRST[g] = i; NAMES[g] = ""; LOW[g] = bytes(i, F_LOWER); HIGH[g] = 0
  }
  GROUP[i] = g
  NAMES[g] = NAMES[g]." ".field(i, F_STRATEGY)
  if (bytes(i, F_LOWER) < LOW[g]) { LOW[g] = bytes(i, F_LOWER) }
  if (upper(i) > HIGH[g]) { HIGH[g] = upper(i) }
  m = int(bytes(i, F_MODE)) + 1
  if (bytes(i, F_LOWER) > MOST[m]) { MOST[m] = bytes(i, F_LOWER) }
}
mode(b) = field(FIRST[b], F_MODE)
one_vma(b) = field(FIRST[b], F_VMAS) eq "1"
in_mode(m) = (n_ = 0, sum [k_ = 1:bars] \
  (mode(k_) eq m && one_vma(k_) ? (n_ = n_ + words(NAMES[k_]), 0) : 0), n_)
# The heap can be larger, and others spawn from it.
refuses(b) = LOW[b] < 0.75 * MOST[int(real(mode(b))) + 1]
do for [b = 1:bars] {
  n = words(NAMES[b])
  WHO[b] = (n <= 2 ? list_words(NAMES[b]) : n == in_mode(mode(b)) ? \
    sprintf("all %d", n) : sprintf("the other %d", n)). \
    (one_vma(b) ? "" : sprintf(", %s VMAs", field(FIRST[b], F_VMAS)))
}
exact(b) = field(FIRST[b], F_EXACT) eq "yes"
reach(b) = HIGH[b] - LOW[b] < LOW[b] / 100 ? size(LOW[b]) : \
  size(LOW[b])." to ".size(HIGH[b])
stop_of(b) = bound(field(FIRST[b], F_STOPPED), "RAM and swap, for one request")
step_of(b) = refuses(b) ? "no spawn beyond" : "no such heap beyond"
mode_of(b) = "mode ".mode(b)

finding = ""; refused = ""; granted = "any that is granted"
do for [b = 1:bars] { if (refuses(b) && one_vma(b)) {
  do for [s in NAMES[b]] { if (!has(refused, s)) { refused = refused." ".s } }
  finding = finding.(strlen(finding) ? " and " : "").size(LOW[b])." in ". \
    mode_of(b)
} }
# A spawn next to the largest heap there is can still lack a stack.
do for [i = 1:rows] { if (!refuses(GROUP[i]) && field(i, F_STAGE) eq "spawn") {
  granted = "nearly any granted"
} }
finding = strlen(finding) ? list_words(refused).( \
  words(refused) == 1 ? " spawns" : " spawn")." from a heap of at most ". \
  finding.", the others from ".granted : \
  "Of heaps, every strategy spawns from ".granted

if (dumb) {
  set print "-"
  print wrap(finding, columns)
  do for [b = 1:bars] {
    row = sprintf("%-7s %-17s %-21s ", mode_of(b), WHO[b], reach(b))
    why = step_of(b).": ".stop_of(b)
    print row.(strlen(row) + strlen(why) > columns ? "\n    " : "").why
  }
  print "RAM and swap: ".size(ram).", CommitLimit: ".size(limit)
  exit
}

# On this scale there is no zero: where nothing worked, there is no bar.
least = limit > 0 && limit < ram ? limit : ram
do for [b = 1:bars] { if (LOW[b] > 0 && LOW[b] < least) { least = LOW[b] } }
most = least; left = least / 8
do for [b = 1:bars] { if (HIGH[b] > most) { most = HIGH[b] } }
shown(v) = v > left ? v : left
subtitle = "found by bisection on memory that is never touched; pale: not ". \
  "tried, it would have left too little to others; diamond: predicted"
eval titles
set lmargin at screen 0.17
set rmargin at screen 0.95
set bmargin at screen 0.13
set tmargin at screen 0.76
set logscale x 2
right = left * (most / left)**1.65
set xrange [left : right]
set xtics ()
do for [e = 20:46:2] { set xtics add (size(2.0**e) 2.0**e) }
set grid xtics back lc rgb pale lt 1
set style textbox opaque noborder fillcolor rgb "white" margins 0.5, 0.5
set ytics scale 0
set ytics ()
# A gap between the modes.
array Y[bars]
y = 0; before = ""
do for [b = 1:bars] {
  y = y + (before eq mode_of(b) || !strlen(before) ? 1 : 1.6)
  before = mode_of(b)
  Y[b] = y
  set ytics add (mode_of(b).", ".WHO[b] y)
}
set ytics noenhanced
set yrange [y + 0.7 : 0.3]
colour(b) = (m_ = mode(b), m_ eq "0" ? "#0072B2" : \
  m_ eq "1" ? "#009E73" : "#D55E00")
faded(b) = (m_ = mode(b), m_ eq "0" ? "#bfdcec" : \
  m_ eq "1" ? "#bfe7dc" : "#f5d7bf")
do for [b = 1:bars] {
  if (!exact(b)) {
    set object 100 + b rectangle from shown(LOW[b]), Y[b] - 0.3 \
      to shown(HIGH[b]), Y[b] + 0.3 fc rgb faded(b) fs solid 1 noborder back
  }
  set object 200 + b rectangle from left, Y[b] - 0.3 \
    to shown(LOW[b]), Y[b] + 0.3 \
    fc rgb colour(b) fs solid 1 noborder back
  set label 300 + b reach(b)."; ".step_of(b).": ".stop_of(b) \
    at shown(HIGH[b]), Y[b] offset 1.4, 0 boxed textcolor rgb ink noenhanced front
}
set arrow 1 from ram, graph 0 to ram, graph 1 nohead lc rgb "#555555" lw 2 \
  dt 2 back
set label 4 "RAM and swap, ".size(ram) at ram, graph 1.04 \
  left textcolor rgb grey noenhanced
if (limit > 0) {
  set arrow 2 from limit, graph 0 to limit, graph 1 nohead lc rgb "#999999" \
    lw 2 dt 3 back
  set label 5 "CommitLimit, ".size(limit) at limit, graph 1.04 right \
    textcolor rgb grey noenhanced
}
plot $rows using (real(strcol(F_PREDICTED))):(Y[GROUP[int($0) + 1]]) \
  with points pt 12 ps 2 lw 3 lc rgb "#000000" notitle
