# SPDX-License-Identifier: MIT
# What every chart shares: rows of a run, colours, words, the frame.
#
# The caller (bench/show/plot.c, or you) sets with gnuplot -e:
#   plots    folder of these scripts
#   run      folder of a run; only its cells.csv is read
#   term     svg, png or dumb
#   out      file to write (not with dumb)
#   footer   small print: version, kernel, CPUs, run id
#   columns, lines   size of the terminal (dumb only)
# and may set: time (default reap), the row of cells.csv that is drawn.

if (!exists("time")) time = "reap"
if (!exists("footer")) footer = ""
dumb = term eq "dumb"

set datafile separator comma
set datafile columnheaders
set encoding utf8
set key noenhanced

# One line of $rows a cell, empty fields as "-". More than 14 columns are too
# many for gnuplot 5.4, so the last one is two.
def(s) = strlen(s) ? s : "-"
set table $rows
plot run."/cells.csv" using (strcol("strategy")):(strcol("overcommit")): \
  (strcol("heap_bytes")):(def(strcol("p50_ns"))):(def(strcol("p50_lo_ns"))): \
  (def(strcol("p50_hi_ns"))):(def(strcol("p5_ns"))):(def(strcol("p95_ns"))): \
  (def(strcol("errno"))):(def(strcol("predicted"))): \
  (def(strcol("observed"))):(def(strcol("parents"))): \
  (strcol("backing")."/".strcol("threads")."/".strcol("cpu")): \
  (strcol("ok")." ".strcol("failed")) \
  with table if (strcol("time") eq time)
unset table
set datafile separator whitespace
set datafile nocolumnheaders

F_STRATEGY = 1; F_MODE = 2; F_HEAP = 3; F_P50 = 4; F_LO = 5; F_HI = 6
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
has(list, item) = strstrt(" ".list." ", " ".item." ") > 0
strategies = ""; modes = ""; heaps = ""; state = ""; parents = 0
# What creates nothing is told, not drawn, unless it is all there is.
floor_name = ""
do for [i = 1:|$rows|] { if (field(i, F_STRATEGY) ne "null") {
  floor_name = "null"
} }
floor_ns = 0
do for [i = 1:|$rows|] {
  # A chart shows one kind of parent: the first backing, threads and CPU.
  if (state eq "") { state = field(i, F_STATE) }
  if (field(i, F_STATE) ne state) { continue }
  s = field(i, F_STRATEGY)
  if (s eq floor_name) {
    if (known(i, F_P50)) { floor_ns = real(field(i, F_P50)) }
    continue
  }
  if (!has(strategies, s)) { strategies = strategies." ".s }
  if (!has(modes, field(i, F_MODE))) { modes = modes." ".field(i, F_MODE) }
  if (!has(heaps, field(i, F_HEAP))) { heaps = heaps." ".field(i, F_HEAP) }
  if (int(field(i, F_PARENTS)) > parents) { parents = int(field(i, F_PARENTS)) }
}
drawn(i) = field(i, F_STRATEGY) ne floor_name && field(i, F_STATE) eq state
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

# Okabe and Ito's colours and a shape a strategy, the same in every chart; one
# that is not in the list gets what is left.
named = "fork vfork posix_spawn clone_vm broker clone_async system popen"
colours = "#D55E00 #0072B2 #009E73 #CC79A7 #000000 #E69F00 #56B4E9 #8B6914 ". \
  "#7F7F7F #6A3D9A #9A9A00 #B03060"
shapes = "7 5 9 11 13 15 4 8 6 10 12 14"
place(list, item) = (p_ = 0, sum [k_ = 1:words(list)] \
  (word(list, k_) eq item ? (p_ = k_, 0) : 0), p_)
others = ""
do for [s in strategies] { if (!has(named, s)) { others = others." ".s } }
number(s) = has(named, s) ? place(named, s) : \
  words(named) + 1 + (place(others, s) - 1) % 4
colour(s) = word(colours, number(s))
shape(s) = int(word(shapes, number(s)))

# Numbers for people.
digits(v) = v >= 99.5 ? sprintf("%.0f", v) : v >= 9.95 ? sprintf("%.3g", v) : \
  sprintf("%.2g", v)
duration(ns) = ns < 1e3 ? digits(ns)." ns" : ns < 1e6 ? digits(ns / 1e3)." µs" : \
  ns < 1e9 ? digits(ns / 1e6)." ms" : digits(ns / 1e9)." s"
size(b) = b == 0 ? "0" : b < 2**20 ? sprintf("%g KiB", b / 2**10) : \
  b < 2**30 ? sprintf("%g MiB", b / 2**20) : sprintf("%g GiB", b / 2**30)
short_size(b) = b == 0 ? "0" : b < 2**20 ? sprintf("%gK", b / 2**10) : \
  b < 2**30 ? sprintf("%gM", b / 2**20) : sprintf("%gG", b / 2**30)
times(r) = r >= 1000 ? sprintf("%d,%03d", int(r) / 1000, int(r) % 1000) : \
  r >= 10 ? sprintf("%.0f", r) : sprintf("%.1f", r)
mode_name(m) = "vm.overcommit_memory = ".m. \
  (m eq "0" ? " (heuristic)" : m eq "1" ? " (always)" : " (strict)")

# "a", "a and b", "a, b and c".
list_words(list) = (t_ = word(list, 1), sum [k_ = 2:words(list)] \
  (t_ = t_.(k_ == words(list) ? " and " : ", ").word(list, k_), 0), t_)

ink = "#333333"; pale = "#e6e6e6"; grey = "#6e6e6e"; faint = "#999999"
face = "DejaVu Sans"
width = 1600; height = 640
if (term eq "svg") {
  set terminal svg size width, height font face.",15" mouse standalone \
    dynamic background "white"
}
if (term eq "png") {
  set terminal pngcairo size width, height font face.",12" background "white"
}
if (dumb) { set terminal dumb noenhanced size columns, lines }
if (!dumb) {
  set output out
  set border 3 lc rgb "#808080"
  set tics nomirror out textcolor rgb ink
}
