# SPDX-License-Identifier: MIT
# How much does malloc promise per mode, against RAM and CommitLimit?
# reads: promise.csv

load plots."/frame.gp"

set table $rows
plot run."/promise.csv" using (strcol("overcommit")): \
  (strcol("promised_bytes")):(def(strcol("predicted_bytes"))): \
  (strcol("largest_bytes")):(strcol("stopped_by")): \
  (real(strcol("ram_bytes")) + real(strcol("swap_bytes"))): \
  (strcol("commit_limit_bytes")) with table
unset table
set datafile separator whitespace
set datafile nocolumnheaders
F_MODE = 1; F_ALL = 2; F_PREDICTED = 3; F_ONCE = 4; F_STOPPED = 5; F_RAM = 6
F_LIMIT = 7
field(i, f) = word($rows[i], f)
bytes(i, f) = real(field(i, f))
rows = |$rows|
ram = bytes(1, F_RAM); limit = bytes(1, F_LIMIT)
mode_of(i) = "mode ".field(i, F_MODE).(field(i, F_MODE) eq "0" ? ", heuristic" \
  : field(i, F_MODE) eq "1" ? ", always" : ", strict")
stop_of(i) = bound(field(i, F_STOPPED), "we left the rest to others")
largest = 1; do for [i = 1:rows] { if (bytes(i, F_ALL) > bytes(largest, F_ALL)) {
  largest = i
} }
finding = sprintf("In mode %s a program is promised %s, ", \
  field(largest, F_MODE), size(bytes(largest, F_ALL))). \
  (field(largest, F_STOPPED)[1:7] eq "rlimit_" ? \
  "and then stopped by ".stop_of(largest) : \
  times(bytes(largest, F_ALL) / ram)." times the RAM and swap there are")

if (dumb) {
  set print "-"
  print finding
  print sprintf("%-18s %12s %12s %12s  %s", "", "in all", "predicted", \
    "at once", "stopped by")
  do for [i = 1:rows] {
    print sprintf("%-18s %12s %12s %12s  %s", mode_of(i), \
      size(bytes(i, F_ALL)), size(bytes(i, F_PREDICTED)), \
      size(bytes(i, F_ONCE)), stop_of(i))
  }
  print "RAM and swap: ".size(ram).", CommitLimit: ".size(limit)
  exit
}

smallest = limit < ram ? limit : ram
do for [i = 1:rows] {
  if (bytes(i, F_ONCE) < smallest) { smallest = bytes(i, F_ONCE) }
}
subtitle = "one process a mode; wide bar: all requests together, narrow bar: ". \
  "the largest single one; diamond: predicted; none of it was written to"
eval titles
set lmargin at screen 0.14
set rmargin at screen 0.95
set bmargin at screen 0.13
set tmargin at screen 0.76
set logscale x 2
set xrange [smallest / 4 : bytes(largest, F_ALL) * 16]
set yrange [rows + 0.6 : 0.4]
set xtics ()
do for [e = 20:62:3] { set xtics add (size(2.0**e) 2.0**e) }
set ytics ()
do for [i = 1:rows] { set ytics add (mode_of(i) i) noenhanced }
set grid xtics back lc rgb pale lt 1
set style textbox opaque noborder fillcolor rgb "white" margins 0.5, 0.5
bar = "#0072B2"; thin = "#56B4E9"
do for [i = 1:rows] {
  set object 10 + i rectangle from smallest / 4, i - 0.32 to \
    bytes(i, F_ALL), i + 0.12 fc rgb bar fs solid 1 noborder behind
  set object 20 + i rectangle from smallest / 4, i + 0.18 to \
    bytes(i, F_ONCE), i + 0.32 fc rgb thin fs solid 1 noborder behind
  set label 100 + i size(bytes(i, F_ALL)).": ".stop_of(i) at \
    bytes(i, F_ALL), i - 0.1 offset 1.4, 0 boxed textcolor rgb ink noenhanced front
  set label 200 + i size(bytes(i, F_ONCE))." at once" at \
    bytes(i, F_ONCE), i + 0.25 offset 0.8, 0 boxed textcolor rgb grey noenhanced \
    font face.(term eq "svg" ? ",12" : ",9.5") front
}
set arrow 1 from ram, graph 0 to ram, graph 1 nohead lc rgb "#D55E00" lw 2 dt 2 back
set label 4 "RAM and swap, ".size(ram) at ram, graph 1.04 textcolor rgb "#D55E00" \
  noenhanced
set arrow 2 from limit, graph 0 to limit, graph 1 nohead lc rgb "#009E73" lw 2 \
  dt 2 back
set label 5 "CommitLimit, ".size(limit) at limit, graph 1.04 right \
  textcolor rgb "#009E73" noenhanced
plot $rows using (real(strcol(F_PREDICTED))):($0 + 0.9) with points pt 12 ps 2 \
  lw 3 lc rgb "#000000" notitle
