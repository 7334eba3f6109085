# SPDX-License-Identifier: MIT
# The rows of a run's cells.csv, and what charts of strategies share.
#
# The caller may set:
#   time    the row of cells.csv that is drawn (default reap)
#   state   the parents that are drawn: backing/threads/cpu, and /NAME=VALUE
#           for each of axes that has another value (default: the first)
#   axes    other columns that tell parents apart, each with its name and its
#           usual value
#   all_states  1: the rows are those of all parents, and state the first
#   traits  1: the file says which strategies create nothing (schema 2)
#   quiet   1: the file has what a cell costs when nothing else is at work;
#           otherwise its median stands for that

load plots."/frame.gp"
if (!exists("time")) time = "reap"

# One line of $rows a cell, empty fields as "-". More than 14 columns are too
# many for gnuplot 5.4, so the last one is two. A chart shows parents of one
# state, and says which.
if (!exists("state")) state = ""
if (!exists("axes")) axes = ""
if (!exists("all_states")) all_states = 0
if (!exists("traits")) traits = 0
if (!exists("quiet")) quiet = 0
cost = quiet ? "quiet" : "p50"
# What creates nothing is told, not drawn, unless it is all there is.
nothing = ""
is_nothing(s) = traits ? strcol("creates_nothing") eq "yes" : s eq "null"
noted(s) = (nothing = is_nothing(s) && !has(nothing, s) ? nothing." ".s : \
  nothing, s)
state_here(i_) = (s_ = strcol("backing")."/".strcol("threads")."/".strcol("cpu"), \
  sum [k_ = 1:words(axes) / 3] (v_ = strcol(word(axes, 3 * k_ - 2)), \
    s_ = v_ eq word(axes, 3 * k_) ? s_ : \
      sprintf("%s/%s=%s", s_, word(axes, 3 * k_ - 1), v_), 0), s_)
states = ""
in_state(s) = (states = has(states, s) ? states : states." ".s, \
  state = state eq "" ? s : state, s eq state)
set table $rows
plot run."/cells.csv" using (noted(strcol("strategy"))):(strcol("overcommit")): \
  (strcol("heap_bytes")):(def(strcol(cost."_ns"))):(def(strcol(cost."_lo_ns"))): \
  (def(strcol(cost."_hi_ns"))):(def(strcol("p5_ns"))):(def(strcol("p95_ns"))): \
  (def(strcol("errno"))):(def(strcol("predicted"))): \
  (def(strcol("observed"))):(def(strcol("parents"))): \
  (state_here(0)): \
  (strcol("ok")." ".strcol("failed")) \
  with table if (strcol("time") eq time && (in_state(state_here(0)) || all_states))
unset table
if (!has(states, state)) { exit error sprintf( \
  "it has no parents of the state %s, but of %s", state, list_words(states)) }
part_(s, k) = (c_ = strstrt(s."/", "/"), k == 1 ? s[1:c_ - 1] : \
  part_(s[c_ + 1:*], k - 1))
part(k) = part_(state, k)
others_are = ""
do for [k = 4:3 + words(axes) / 3] {
  equals = strstrt(part(k), "=")
  if (equals) { others_are = others_are.sprintf(", %s %s", \
    part(k)[1:equals - 1], part(k)[equals + 1:*]) }
}
parents_are = sprintf("parents: backing %s, cpu %s, %s sleeping thread%s%s%s", \
  part(1), part(3), part(2), part(2) eq "1" ? "" : "s", others_are, \
  words(states) > 1 ? sprintf(" (1 of %d states)", words(states)) : "")
rows_max = 4000    # a run has 32 heaps, 32 strategies and 3 modes at most
if (|$rows| > rows_max) { exit error sprintf( \
  "it has %d cells of one kind of parent, no chart shows more than %d", \
  |$rows|, rows_max) }
set datafile separator whitespace
set datafile nocolumnheaders

F_STRATEGY = 1; F_MODE = 2; F_HEAP = 3; F_COST = 4; F_LO = 5; F_HI = 6
F_P5 = 7; F_P95 = 8; F_ERRNO = 9; F_PREDICTED = 10; F_OBSERVED = 11
F_PARENTS = 12; F_STATE = 13; F_OK = 14; F_FAILED = 15
field(i, f) = word($rows[i], f)
known(i, f) = field(i, f) ne "-"
# A cell that failed now and then but not always, and how often: "5 %".
sometimes(i) = int(field(i, F_FAILED)) > 0 && int(field(i, F_OK)) > 0
share_(p) = p < 1 ? "<1 %" : p > 99 ? ">99 %" : sprintf("%.0f %%", p)
share(i) = share_(100.0 * int(field(i, F_FAILED)) / \
  (int(field(i, F_FAILED)) + int(field(i, F_OK))))

# The values of the axes, each once, in the order of the file or ascending.
strategies = ""; modes = ""; heaps = ""; parents = 0
floors = ""
do for [i = 1:|$rows|] { if (!has(nothing, field(i, F_STRATEGY))) {
  floors = nothing
} }
floor_ns = 0
do for [i = 1:|$rows|] {
  s = field(i, F_STRATEGY)
  if (has(floors, s)) {
    if (known(i, F_COST)) { floor_ns = real(field(i, F_COST)) }
    continue
  }
  if (!has(strategies, s)) { strategies = strategies." ".s }
  if (!has(modes, field(i, F_MODE))) { modes = modes." ".field(i, F_MODE) }
  if (!has(heaps, field(i, F_HEAP))) { heaps = heaps." ".field(i, F_HEAP) }
  if (int(field(i, F_PARENTS)) > parents) { parents = int(field(i, F_PARENTS)) }
}
drawn(i) = !has(floors, field(i, F_STRATEGY))
least(list) = (l_ = word(list, 1), sum [k_ = 1:words(list)] \
  (real(word(list, k_)) < real(l_) ? (l_ = word(list, k_), 0) : 0), l_)
without(list, item) = (w_ = "", sum [k_ = 1:words(list)] \
  (word(list, k_) eq item ? 0 : (w_ = w_." ".word(list, k_), 0)), w_)
sorted = ""
while (words(heaps)) {
  h = least(heaps)
  sorted = sorted." ".h
  heaps = without(heaps, h)
}
heaps = sorted
sorted = ""
while (words(modes)) {
  h = least(modes)
  sorted = sorted." ".h
  modes = without(modes, h)
}
modes = sorted

# The row of a cell, 0: there is none. Looking through all rows for each cell
# would take minutes where a run has some hundred.
slot(m, s, h) = ((place(modes, m) - 1) * words(strategies) + \
  place(strategies, s) - 1) * words(heaps) + place(heaps, h)
array row_at[words(modes) * words(strategies) * words(heaps) + 1]
do for [i = 1:|row_at|] { row_at[i] = 0 }
do for [i = 1:|$rows|] { if (drawn(i)) {
  row_at[slot(field(i, F_MODE), field(i, F_STRATEGY), field(i, F_HEAP))] = i
} }
row(m, s, h) = row_at[slot(m, s, h)]

# Below the subtitle.
titles = titles."; set label 5 parents_are at screen 0.05, 0.857 ". \
  "textcolor rgb grey noenhanced"
