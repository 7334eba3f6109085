# SPDX-License-Identifier: MIT
# Promised, written and charged memory over time, up to the OOM kill.
# reads: touch.csv

load plots."/frame.gp"

set table $rows
plot run."/touch.csv" using (strcol("time_ns")):(strcol("promised_bytes")): \
  (strcol("touched_bytes")):(strcol("resident_bytes")): \
  (strcol("committed_bytes")):(strcol("group_used_bytes")): \
  (strcol("limit_bytes")):(def(strcol("event"))):(strcol("oom_kill")) with table
unset table
set datafile separator whitespace
set datafile nocolumnheaders
F_TIME = 1; F_PROMISED = 2; F_TOUCHED = 3; F_RESIDENT = 4; F_COMMITTED = 5
F_USED = 6; F_LIMIT = 7; F_EVENT = 8; F_KILLS = 9
field(i, f) = word($rows[i], f)
last = |$rows|
event = field(last, F_EVENT)
promised = real(field(last, F_PROMISED)); limit = real(field(last, F_LIMIT))
touched = real(field(last, F_TOUCHED)); end_ms = real(field(last, F_TIME)) / 1e6
# When the kill was first seen; its memory is given back after that.
death_ms = end_ms
do for [i = last:1:-1] { if (field(i, F_KILLS) ne field(1, F_KILLS)) {
  death_ms = real(field(i, F_TIME)) / 1e6
} }
refused = event eq "refused"
fate = event eq "oom_kill" ? "killed after writing to ".size(touched) : \
  "not killed"
finding = refused ? "Nothing was promised: the request for ".size(promised). \
  " was refused" : "Promised ".size(promised)." where ".size(limit). \
  " may be used: ".fate
asked = refused ? "asked for, " : "promised, "

if (dumb) {
  set title finding
  set xlabel "ms"
  set key top left
  plot $rows using ($1 / 1e6):($2 / 2**20) with lines \
    title refused ? "asked for, MiB" : "promised MiB", \
    $rows using ($1 / 1e6):($6 / 2**20) with lines title "used by the group", \
    $rows using ($1 / 1e6):($7 / 2**20) with lines title "limit"
  exit
}

subtitle = "one process in a memory control group, looked at from outside ". \
  "every 2 ms or so; ".(refused ? "it wrote to nothing" : \
  "it writes one byte to each page")
eval titles
set label 4 refused ? "time since it asked" : "time since the first write" \
  at screen 0.45, 0.05 center \
  textcolor rgb ink
set lmargin at screen 0.085
set rmargin at screen 0.80
set bmargin at screen 0.145
set tmargin at screen 0.80
set xrange [0 : end_ms * 1.03]
set yrange [0 : promised * 1.12]
set format x "%g ms"
set ytics ()
step = 2.0**ceil(log(promised / 4) / log(2))
do for [k = 0:4] { set ytics add (size(k * step) k * step) }
set grid back lc rgb pale lt 1
promise_colour = "#0072B2"; used_colour = "#D55E00"; commit_colour = "#009E73"
set arrow 1 from 0, limit to end_ms * 1.03, limit nohead lc rgb grey lw 2 dt 2 front
set label 10 "limit of the group, ".size(limit) at end_ms * 1.03, limit \
  offset 1.2, 0.35 textcolor rgb grey noenhanced
set label 11 asked.size(promised) at end_ms * 1.03, promised \
  offset 1.2, 0.35 textcolor rgb promise_colour noenhanced
set label 12 "counted in Committed_AS" \
  at end_ms * 1.03, (refused ? 0 : promised) \
  offset 1.2, refused ? 0.35 : -0.85 textcolor rgb commit_colour noenhanced
set label 13 "used by the group" at end_ms * 0.5, limit * 0.5 \
  offset 2, -0.5 textcolor rgb used_colour noenhanced
set label 14 (event eq "oom_kill" ? "killed" : event) at death_ms, \
  refused ? promised * 1.06 : limit * 1.35 center textcolor rgb "#cc0000" \
  noenhanced
if (!refused) { set arrow 2 from death_ms, limit * 1.25 to death_ms, limit * 1.03 \
  lc rgb "#cc0000" lw 2 front }
plot $rows using ($1 / 1e6):5 with lines lw 5 lc rgb commit_colour notitle, \
  $rows using ($1 / 1e6):2 with lines lw 2 lc rgb promise_colour notitle, \
  $rows using ($1 / 1e6):6 with lines lw 3 lc rgb used_colour notitle, \
  $rows using ($1 / 1e6):3 with lines lw 2 dt 3 lc rgb "#000000" notitle
