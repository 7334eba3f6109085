# SPDX-License-Identifier: MIT
# How does each strategy grow with the parent's heap, per overcommit mode?
# reads: cells.csv

load plots."/cells.gp"

# Heap 0 has no place on a logarithmic axis: it gets one left of the others.
smallest = words(heaps) > 1 && word(heaps, 1) eq "0" ? real(word(heaps, 2)) : \
  real(word(heaps, 1))
if (smallest == 0) { smallest = 2.0**20 }
x_of(h) = real(h) == 0 ? smallest / 4 : real(h)
largest = real(word(heaps, words(heaps)))
if (largest < smallest) { largest = smallest / 4 }

# One block of points a series, and the range of all of them. Blocks go by
# number: what a file says shall not become a command.
block(m, s) = sprintf("$points_%d_%d", place(modes, m), place(strategies, s))
array measured[words(modes)]
y_min = 1e18; y_max = 0; refusals = 0; lapses = 0
do for [m in modes] {
  measured[place(modes, m)] = ""
  do for [s in strategies] {
    eval "set print ".block(m, s)
    written = 0
    print "# x cost lo hi p5 p95 heap"
    do for [h in heaps] {
      i = row(m, s, h)
      if (i && known(i, F_COST)) {
        lo = known(i, F_LO) ? field(i, F_LO) : field(i, F_COST)
        hi = known(i, F_HI) ? field(i, F_HI) : field(i, F_COST)
        p5 = known(i, F_P5) ? field(i, F_P5) : field(i, F_COST)
        p95 = known(i, F_P95) ? field(i, F_P95) : field(i, F_COST)
        print sprintf("%g ", x_of(h)).field(i, F_COST)." ".lo." ".hi." ". \
          p5." ".p95." ".h
        written = written + 1
        if (sometimes(i)) { lapses = lapses + 1 }
        if (real(p5) < y_min) { y_min = real(p5) }
        if (real(p95) > y_max) { y_max = real(p95) }
        if (real(hi) > y_max) { y_max = real(hi) }
      }
    }
    unset print
    if (written) {
      measured[place(modes, m)] = measured[place(modes, m)]." ".s
    }
  }
}
if (y_max == 0) { y_min = 1e4; y_max = 1e6 }
if (y_min < 1) { y_min = 1 }    # an axis of logarithms has no 0
cross_y = y_max * 2.5
y_top = y_max * 1.5
y_bottom = y_min / 1.6

# Refused cells stand above all others.
do for [i = 1:|$rows|] {
  if (drawn(i) && !known(i, F_COST) && known(i, F_ERRNO)) {
    refusals = refusals + 1
    refused = i
    y_top = cross_y * 1.8
  }
}
is_cross(i, m) = drawn(i) && !known(i, F_COST) && known(i, F_ERRNO) && \
  field(i, F_MODE) eq m
is_lapse(i, m) = drawn(i) && known(i, F_COST) && sometimes(i) && \
  field(i, F_MODE) eq m

# The finding: growth from the smallest to the largest heap that works, in the
# first mode.
first_mode = word(modes, 1)
cost_at(s, m, h) = (r_ = row(m, s, h), r_ && known(r_, F_COST) ? \
  real(field(r_, F_COST)) : -1.0)
low = word(heaps, 1); high = word(heaps, words(heaps))
growing = ""; growth = 1.0; steady = 1.0; fastest = ""; slowest = ""
fast_ns = 1e18; slow_ns = 0.0
do for [s in strategies] {
  a = cost_at(s, first_mode, low); b = cost_at(s, first_mode, high)
  if (b > 0 && b < fast_ns) { fast_ns = b; fastest = s }
  if (b > slow_ns) { slow_ns = b; slowest = s }
  if (a > 0 && b > 0) {
    if (b / a > 1.5) {
      growing = growing." ".s
      if (b / a > growth) { growth = b / a }
    } else {
      if (b / a > steady) { steady = b / a }
      if (a / b > steady) { steady = a / b }
    }
  }
}
if (fastest eq "") {
  finding = "No strategy could be measured"
} else { if (words(heaps) == 1) {
  finding = fastest eq slowest ? \
    sprintf("%s takes %s at heap %s", fastest, duration(fast_ns), \
      size(real(high))) : \
    sprintf("%s takes %s at heap %s, %s takes %s", fastest, \
      duration(fast_ns), size(real(high)), slowest, duration(slow_ns))
} else { if (words(growing)) {
  finding = sprintf("%s take%s %s times as long at %s as at %s", \
    list_words(growing), words(growing) > 1 ? " up to" : "s", times(growth), \
    size(real(high)), size(real(low)))
  if (words(strategies) > words(growing)) {
    finding = finding.(steady < 1.1 ? "; the others stay flat" : \
      sprintf("; the others stay within %s times", times(steady)))
  }
} else {
  finding = sprintf("No strategy grows with the heap: within %s times up to %s", \
    times(steady), size(real(high)))
} } }
if (refusals == 1) {
  finding = finding.sprintf("; mode %s refuses %s at %s", \
    field(refused, F_MODE), field(refused, F_STRATEGY), \
    size(real(field(refused, F_HEAP))))
}
if (refusals > 1) { finding = finding.sprintf("; %d cells are refused", refusals) }

set logscale xy
set xrange [smallest / 4 / 1.5 : largest * 1.5]
if (word(heaps, 1) ne "0") { set xrange [smallest / 1.5 : largest * 1.5] }
set yrange [y_bottom : y_top]
unset key
unset mxtics
unset mytics
# From the right, each tick that has room for its word.
set xtics ()
free_below = 1e300
do for [k = words(heaps):1:-1] {
  h = word(heaps, k)
  if (x_of(h) <= free_below) {
    set xtics add (short_size(real(h)) x_of(h))
    free_below = x_of(h) / \
      (4 * largest / smallest)**(dumb ? 0.06 : 0.03 * words(modes))
  }
}
set ytics ()
do for [e = 0:11] {
  if (10.0**e > y_bottom && 10.0**e < y_top) {
    set ytics add (duration(10.0**e) 10.0**e)
  }
}
# Less than two decades have room for more.
if (log10(y_top / y_bottom) < 2) { do for [e = 0:11] { do for [f = 2:5:3] {
  if (f * 10.0**e > y_bottom && f * 10.0**e < y_top) {
    set ytics add (duration(f * 10.0**e) f * 10.0**e)
  }
} } }

# Names at the line ends of the last panel, pushed apart.
last_mode = word(modes, words(modes))
array label_name[words(strategies)]
array label_y[words(strategies)]
labels = 0
do for [s in strategies] {
  found = -1.0
  do for [h in heaps] {
    v = cost_at(s, dumb ? first_mode : last_mode, h)
    if (v > 0) { found = v }
  }
  if (found > 0) {
    labels = labels + 1
    label_name[labels] = s
    label_y[labels] = log10(found)
  }
}
do for [i = 1:labels] { do for [j = 1:labels - i] {
  if (label_y[j] > label_y[j + 1]) {
    y = label_y[j]; label_y[j] = label_y[j + 1]; label_y[j + 1] = y
    n = label_name[j]; label_name[j] = label_name[j + 1]; label_name[j + 1] = n
  }
} }
gap = log10(y_top / y_bottom) * (dumb ? 1.0 / (lines - 8) : 0.047)
do for [pass = 1:60] { do for [j = 1:labels - 1] {
  short = gap - (label_y[j + 1] - label_y[j])
  if (short > 0) {
    label_y[j] = label_y[j] - short / 2
    label_y[j + 1] = label_y[j + 1] + short / 2
  }
} }
# Back into the frame: from above downwards, then from below upwards.
low_y = log10(y_bottom) + gap / 2; high_y = log10(y_top) - gap / 2
do for [j = labels:1:-1] {
  if (label_y[j] > high_y) { label_y[j] = high_y }
  high_y = label_y[j] - gap
}
do for [j = 1:labels] {
  if (label_y[j] < low_y) { label_y[j] = low_y }
  low_y = label_y[j] + gap
}

label_margin = 0
do for [s in strategies] {
  if (strlen(s) > label_margin) { label_margin = strlen(s) }
}

if (dumb) {
  # A letter each: the first of the name, or its capital, or a number.
  small = "abcdefghijklmnopqrstuvwxyz"; capital = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
  marks = ""
  do for [s in strategies] {
    k = strstrt(small, s[1:1])
    mark = strstrt(marks, s[1:1]) ? capital[k:k] : s[1:1]
    if (strstrt(marks, mark)) { mark = sprintf("%d", (strlen(marks) + 1) % 10) }
    marks = marks.mark
  }
  mark_of(s) = (m_ = place(strategies, s), marks[m_:m_])
  set rmargin label_margin + 4
  set print "-"
  print finding
  print parents_are
  set title time.", ".mode_name(first_mode). \
    (words(modes) > 1 ? "; the other modes are in the svg and png" : "")
  do for [j = 1:labels] {
    set label 100 + j mark_of(label_name[j])." ".label_name[j] at graph 1.01, \
      first 10**label_y[j] noenhanced
  }
  do for [i = 1:|$rows|] { if (is_cross(i, first_mode)) {
    set label "x ".field(i, F_STRATEGY)." ".field(i, F_ERRNO) right \
      at x_of(field(i, F_HEAP)), cross_y noenhanced
  } }
  shown = measured[1]
  if (!words(shown)) { plot y_top * 10 notitle; exit }
  plot for [s in shown] block(first_mode, s) using 1:2 with linespoints \
    pt mark_of(s) notitle, y_top * 10 notitle
  exit
}

panels = words(modes)
left = 0.062; right = 0.985 - 0.0066 * label_margin - 0.008
room = 0.026
panel_width = (right - left - room * (panels - 1)) / panels
set multiplot
subtitle = sprintf("call to %s; ".(quiet ? \
  "when nothing else is at work, by %d processes, " : \
  "median over the medians of %d processes, "). \
  "bar = its 95 %% interval, band = p5 to p95%s; floor of the harness %s", \
  time eq "reap" ? "exit status in hand" : time, parents, \
  (refusals ? ", × = refused" : "").(lapses ? ", red × = failed sometimes" : ""), \
  floor_ns > 0 ? duration(floor_ns) : "not measured")
eval titles
set label 4 "heap of the parent" at screen (left + right) / 2, 0.05 center \
  textcolor rgb ink
set grid back lc rgb pale lt 1
set style fill transparent solid 0.18 noborder
set bmargin at screen 0.155
set tmargin at screen 0.775
do for [p = 1:panels] {
  m = word(modes, p)
  set lmargin at screen left + (p - 1) * (panel_width + room)
  set rmargin at screen left + (p - 1) * (panel_width + room) + panel_width
  set title mode_name(m) offset 0, -0.2 textcolor rgb "black" \
    font face.(term eq "svg" ? " Bold,15" : " Bold,12") noenhanced
  if (p > 1) { set format y ""; unset label 1; unset label 2; unset label 3
    unset label 4; unset label 5 }
  if (p == panels) {
    do for [j = 1:labels] {
      set label 100 + j label_name[j] at graph 1.02, first 10**label_y[j] \
        textcolor rgb colour(label_name[j]) noenhanced
    }
  }
  if (p == 2) {
    set ytics ()
    do for [e = 0:11] {
      if (10.0**e > y_bottom && 10.0**e < y_top) { set ytics add ("" 10.0**e) }
    }
  }
  do for [i = 1:|$rows|] {
    unset label 1000 + i; unset label 100000 + i
    if (is_lapse(i, m)) {
      set label 100000 + i "" at x_of(field(i, F_HEAP)), real(field(i, F_COST)) \
        front point pt 2 ps 1.5 lw 3 lc rgb "#cc0000"
    }
    if (is_cross(i, m)) {
      set label 1000 + i field(i, F_STRATEGY)." ".field(i, F_ERRNO) \
        at x_of(field(i, F_HEAP)), cross_y right offset -1.2, 0 point pt 2 \
        ps 1.6 lw 4 lc rgb colour(field(i, F_STRATEGY)) noenhanced \
        textcolor rgb colour(field(i, F_STRATEGY))
    }
  }
  shown = measured[p]
  if (!words(shown)) { plot y_top * 10 notitle; continue }
  plot y_top * 10 notitle, \
    for [s in shown] block(m, s) using 1:5:6 \
      with filledcurves fc rgb colour(s) notitle, \
    for [s in shown] block(m, s) using 1:3:(0):($4-$3) \
      with vectors nohead lw 2 lc rgb colour(s) notitle, \
    for [s in shown] block(m, s) using 1:2 \
      with linespoints lw 2 pt shape(s) ps 1.1 lc rgb colour(s) notitle, \
    for [s in shown] block(m, s) using 1:2: \
      (sprintf("%s at %s: %s (95 %%: %s to %s)", s, size($7), duration($2), \
        duration($3), duration($4))) \
      with labels hypertext point pt shape(s) ps 1.1 lc rgb colour(s) notitle
}
unset multiplot
