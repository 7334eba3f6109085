# SPDX-License-Identifier: MIT
# Which strategy works at which heap in which mode, predicted and observed?
# reads: cells.csv

load plots."/cells.gp"

rows = words(strategies); cols = words(heaps); panels = words(modes)
# Not the empty field decides: gnuplot 5.4 reads an empty last column as the
# one before it.
not_run(i) = field(i, F_PARENTS) eq "0" && !known(i, F_ERRNO)
outcome(i) = not_run(i) ? "-" : field(i, F_OBSERVED)
surprise(i) = !not_run(i) && known(i, F_PREDICTED) && \
  field(i, F_OBSERVED) ne field(i, F_PREDICTED)
failing(i) = outcome(i) ne "ok" && outcome(i) ne "-"
words_of(i) = outcome(i) eq "ok" ? "works" : outcome(i) eq "-" ? "not run" : \
  outcome(i)
partly(i) = failing(i) && sometimes(i)
verdict(i, gap) = words_of(i).(surprise(i) && dumb ? "!" : ""). \
  (partly(i) ? gap.share(i) : "")

works = 0; refusals = 0; surprises = 0; unknown = 0; refusing = ""
foretold = 0; unforetold = 0
lapses = 0; lapsing = ""
do for [i = 1:|$rows|] { if (drawn(i)) {
  s = field(i, F_STRATEGY)
  if (outcome(i) eq "-") { unknown = unknown + 1 }
  if (outcome(i) eq "ok") { works = works + 1 }
  if (partly(i)) {
    lapses = lapses + 1
    if (!has(lapsing, s)) { lapsing = lapsing." ".s }
  }
  if (failing(i) && !partly(i)) {
    refusals = refusals + 1
    if (!has(refusing, s)) { refusing = refusing." ".s }
  }
  if (surprise(i)) { surprises = surprises + 1 }
  if (outcome(i) ne "-") {
    if (known(i, F_PREDICTED)) { foretold = foretold + 1 } \
    else { unforetold = unforetold + 1 }
  }
} }
cells(n) = sprintf("%d cell%s", n, n == 1 ? "" : "s")
fails(list, how, n) = sprintf("; %s%s fail%s in %s", list_words(list), how, \
  words(list) == 1 ? "s" : "", cells(n))
finding = (refusals ? fails(refusing, "", refusals) : ""). \
  (lapses ? fails(lapsing, " sometimes", lapses) : "")
finding = refusals + lapses ? \
  finding[3:].(works ? "; everything else works" : "") : works ? \
  "Every strategy works at every heap in every mode that was measured" : \
  "Nothing was measured"
finding = finding.(surprises ? \
  sprintf("; %s NOT AS PREDICTED", cells(surprises)) : \
  foretold ? ", as predicted" : "")
if (unforetold) {
  finding = finding.sprintf("; %s without a prediction", cells(unforetold))
}
if (unknown) { finding = finding.sprintf("; %s not run", cells(unknown)) }

if (dumb) {
  set print "-"
  print finding
  print parents_are
  do for [m in modes] {
    print ""
    print mode_name(m)
    line = sprintf("%-14s", "")
    do for [h in heaps] { line = line.sprintf(" %11s", short_size(real(h))) }
    print line
    do for [s in strategies] {
      line = sprintf("%-14s", s)
      do for [h in heaps] {
        i = row(m, s, h)
        if (i) { line = line.sprintf(" %11s", verdict(i, " ")) }
      }
      print line
    }
  }
  exit
}

left = 0.095; right = 0.985; room = 0.02
panel_width = (right - left - room * (panels - 1)) / panels
small = panel_width / cols < 0.045
set multiplot
subtitle = "one square a cell: what was observed; a red frame where the ". \
  "prediction from smaps, meminfo and the mode was another"
eval titles
set label 4 "heap of the parent" at screen (left + right) / 2, 0.05 center \
  textcolor rgb ink
set border 0
set tics scale 0
unset key
set xrange [0.5 : cols + 0.5]
set yrange [rows + 0.5 : 0.5]
set bmargin at screen 0.155
set tmargin at screen 0.775
set xtics ()
do for [k = 1:cols] { set xtics add (short_size(real(word(heaps, k))) k) }
if (cols * panels > 24) { set xtics rotate by 35 right }
set ytics ()
do for [k = 1:rows] { set ytics add (word(strategies, k) k) noenhanced }
fill(i) = outcome(i) eq "ok" ? "#d5ece3" : outcome(i) eq "-" ? "#f0f0f0" : \
  "#f3c6a5"
do for [p = 1:panels] {
  m = word(modes, p)
  set lmargin at screen left + (p - 1) * (panel_width + room)
  set rmargin at screen left + (p - 1) * (panel_width + room) + panel_width
  set title mode_name(m) offset 0, -0.2 textcolor rgb "black" \
    font face.(term eq "svg" ? " Bold,15" : " Bold,12") noenhanced
  if (p > 1) {
    set format y ""
    set ytics ()
    do for [k = 1:rows] { set ytics add ("" k) }
    unset label 1; unset label 2; unset label 3; unset label 4
    unset label 5
  }
  do for [i = 1:|$rows|] { if (drawn(i) && field(i, F_MODE) eq m) {
    x = place(heaps, field(i, F_HEAP)); y = place(strategies, field(i, F_STRATEGY))
    set object 1000 + i rectangle from x - 0.46, y - 0.44 to x + 0.46, y + 0.44 \
      fc rgb fill(i) fs solid 1 border lc rgb surprise(i) ? "#cc0000" : fill(i) \
      lw surprise(i) ? 4 : 1 behind
    set label 1000 + i verdict(i, "\n") at x, y center offset 0, \
      partly(i) ? 0.45 : 0 noenhanced front textcolor rgb outcome(i) eq "ok" ? "#00664a" : outcome(i) eq "-" ? grey : "#a34400" \
      font face.(term eq "svg" ? (small ? ",11" : ",13") : (small ? ",8.5" : ",10"))
  } }
  plot rows * 2 notitle
  do for [i = 1:|$rows|] { if (drawn(i) && field(i, F_MODE) eq m) {
    unset object 1000 + i
    unset label 1000 + i
  } }
}
unset multiplot
