# SPDX-License-Identifier: MIT
# What every chart shares: lists, numbers for people, colours, the terminal.
#
# The caller (bench/show/plot.c, or you) sets with gnuplot -e:
#   plots    folder of these scripts
#   run      folder of a run or of a lab's results; a chart reads the file there
#            that its line "reads:" names
#   term     svg, png or dumb
#   out      file to write (not with dumb)
#   footer   small print: version, kernel, CPUs, run id
#   columns, lines   size of the terminal (dumb only)

if (!exists("footer")) footer = ""
dumb = term eq "dumb"

set datafile separator comma
set datafile columnheaders
set encoding utf8
set key noenhanced

# Lists are words with blanks between; an empty field is "-".
def(s) = strlen(s) ? s : "-"
has(list, item) = strstrt(" ".list." ", " ".item." ") > 0
place(list, item) = (p_ = 0, sum [k_ = 1:words(list)] \
  (word(list, k_) eq item ? (p_ = k_, 0) : 0), p_)

# Numbers for people.
digits(v) = v >= 99.5 ? sprintf("%.0f", v) : v >= 9.95 ? sprintf("%.3g", v) : \
  sprintf("%.2g", v)
duration(ns) = ns < 1e3 ? digits(ns)." ns" : ns < 1e6 ? digits(ns / 1e3)." µs" : \
  ns < 1e9 ? digits(ns / 1e6)." ms" : digits(ns / 1e9)." s"
# As size_human() of bench/machine/units.c: a text and its chart agree.
three(v) = sprintf(v >= 999.5 ? "%.0f" : "%.3g", v)
size(b) = b == 0 ? "0" : b < 2**20 ? three(b / 2**10)." KiB" : \
  b < 2**30 ? three(b / 2**20)." MiB" : b < 2**40 ? three(b / 2**30)." GiB" : \
  three(b / 2**40)." TiB"
short_size(b) = b == 0 ? "0" : b < 2**20 ? sprintf("%gK", b / 2**10) : \
  b < 2**30 ? sprintf("%gM", b / 2**20) : sprintf("%gG", b / 2**30)
times(r) = (n_ = int(r + 0.5), n_ >= 1000 ? \
  sprintf("%d,%03d", n_ / 1000, n_ % 1000) : r >= 10 ? sprintf("%.0f", r) : \
  sprintf("%.1f", r))
mode_name(m) = "vm.overcommit_memory = ".m. \
  (m eq "0" ? " (heuristic)" : m eq "1" ? " (always)" : " (strict)")

# The words of stopped_by that do not depend on the lab.
bound(word, otherwise) = word eq "address_space" ? "end of the address space" : \
  word eq "commit_limit" ? "CommitLimit" : word eq "rlimit_as" ? "RLIMIT_AS" : \
  word eq "rlimit_data" ? "RLIMIT_DATA" : otherwise

# "a", "a and b", "a, b and c".
list_words(list) = (t_ = word(list, 1), sum [k_ = 2:words(list)] \
  (t_ = t_.(k_ == words(list) ? " and " : ", ").word(list, k_), 0), t_)
# Broken into lines of so many characters.
wrap(text, most) = (t_ = "", n_ = 0, sum [k_ = 1:words(text)] \
  (w_ = word(text, k_), n_ = n_ + strlen(w_) + 1, n_ - 1 <= most ? 0 : \
  (t_ = t_."\n", n_ = strlen(w_) + 1), \
  t_ = t_.(n_ > strlen(w_) + 1 ? " " : "").w_, 0), t_)

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
# eval titles: the finding, the subtitle and the footer, each set before.
bold = term eq "svg" ? face." Bold,21" : face." Bold,17"
fine = term eq "svg" ? face.",12" : face.",9"
titles = "set label 1 finding at screen 0.05, 0.955 font bold noenhanced; ". \
  "set label 2 subtitle at screen 0.05, 0.895 textcolor rgb grey noenhanced; ". \
  "set label 3 footer at screen 0.985, 0.022 right textcolor rgb faint ". \
  "font fine noenhanced"

# Okabe and Ito's colours and a shape a strategy, the same in every chart; one
# that is not in the list gets what is left. The chart fills strategies.
named = "fork vfork posix_spawn clone_vm broker clone_async system popen"
colours = "#D55E00 #0072B2 #009E73 #CC79A7 #000000 #E69F00 #56B4E9 #8B6914 ". \
  "#7F7F7F #6A3D9A #9A9A00 #B03060"
shapes = "7 5 9 11 13 15 4 8 6 10 12 14"
strategies = ""
unnamed(s) = (n_ = 0, sum [k_ = 1:words(strategies)] \
  (n_ = n_ + !has(named, word(strategies, k_)), \
  word(strategies, k_) eq s ? n_ : 0))
number(s) = has(named, s) ? place(named, s) : words(named) + 1 + (unnamed(s) - 1) % 4
colour(s) = word(colours, number(s))
shape(s) = int(word(shapes, number(s)))
