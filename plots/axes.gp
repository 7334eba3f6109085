# SPDX-License-Identifier: MIT
# What does a spawn cost by what else its parent has? A panel an axis, and no
# cell that differs from the first parents in two.
# reads: cells.csv
# needs: states

all_states = 1
load plots."/cells.gp"
mode = word(modes, 1)
heap = word(heaps, words(heaps))

# The value of an axis in a state "base/0/same/fds=1000".
names = "backing threads cpu"
do for [k = 1:words(axes) / 3] { names = names." ".word(axes, 3 * k - 1) }
usual(n) = (u_ = "", sum [k_ = 1:words(axes) / 3] \
  (word(axes, 3 * k_ - 1) eq n ? (u_ = word(axes, 3 * k_), 0) : 0), u_)
named_(s, n) = (a_ = strstrt(s, "/".n."="), a_ == 0 ? usual(n) : \
  part_(s[a_ + strlen(n) + 2:*], 1))
held(s, n) = place(names, n) <= 3 ? part_(s, place(names, n)) : named_(s, n)
others(s) = (o_ = "", sum [j_ = 1:words(names)] \
  (held(s, word(names, j_)) eq held(state, word(names, j_)) ? 0 : \
    (o_ = o_." ".word(names, j_), 0)), o_)

# The values of each axis, numbers ascending; those with one are no panel.
array value_list[words(names)]
panels = ""
is_digit(c) = strlen(c) && strstrt("0123456789", c)
is_number(v) = is_digit(v[1:1]) && is_digit(v[strlen(v):*])
do for [k = 1:words(names)] {
  n = word(names, k)
  list = ""
  do for [i = 1:|$rows|] {
    o = others(field(i, F_STATE))
    v = held(field(i, F_STATE), n)
    if ((words(o) == 0 || (words(o) == 1 && word(o, 1) eq n)) && !has(list, v)) {
      list = list." ".v
    }
  }
  numbers = 1
  do for [v in list] { numbers = numbers && is_number(v) }
  sorted = ""
  while (numbers && words(list)) {
    v = least(list)
    sorted = sorted." ".v
    list = without(list, v)
  }
  value_list[k] = sorted.list
  if (words(value_list[k]) > 1) { panels = panels." ".n }
}
values_of(n) = value_list[place(names, n)]
count = words(panels)
if (count == 0) { exit error "no two of its parents differ in one axis only" }
# Bytes as a size, thousands as such.
short(n, v) = !is_number(v) ? v : n eq "env" ? short_size(real(v)) : \
  real(v) >= 1000 ? sprintf("%gk", real(v) / 1000) : v

# The points of a panel's line: place, cost, its interval.
block(n, s) = sprintf("$points_%d_%d", place(panels, n), place(strategies, s))
array lines_of[count]
array most[count]
array most_by[count]
y_min = 1e18; y_max = 0
do for [n in panels] {
  lines_of[place(panels, n)] = ""
  most[place(panels, n)] = 1.0
  do for [s in strategies] {
    eval "set print ".block(n, s)
    print "# x cost lo hi"
    points = 0
    do for [v in values_of(n)] { do for [i = 1:|$rows|] {
      o = others(field(i, F_STATE))
      if (field(i, F_STRATEGY) eq s && field(i, F_MODE) eq mode && \
          field(i, F_HEAP) eq heap && known(i, F_COST) && \
          held(field(i, F_STATE), n) eq v && \
          (words(o) == 0 || (words(o) == 1 && word(o, 1) eq n))) {
        cost = real(field(i, F_COST))
        lo = known(i, F_LO) ? real(field(i, F_LO)) : cost
        hi = known(i, F_HI) ? real(field(i, F_HI)) : cost
        print sprintf("%d %g %g %g", place(values_of(n), v), cost, lo, hi)
        points = points + 1
        if (cost < y_min) { y_min = cost }
        if (hi > y_max) { y_max = hi }
        if (points == 1) { first_cost = cost; first_lo = lo; first_hi = hi }
        factor = lo > first_hi ? cost / first_cost : \
          hi < first_lo ? first_cost / cost : 1.0
        if (factor > most[place(panels, n)]) {
          most[place(panels, n)] = factor
          most_by[place(panels, n)] = sprintf( \
            "%s %s makes %s %s times as %s as %s", n, short(n, v), s, \
            times(factor), cost > first_cost ? "slow" : "fast", \
            short(n, word(values_of(n), 1)))
        }
      }
    } }
    unset print
    if (points) {
      lines_of[place(panels, n)] = lines_of[place(panels, n)]." ".s
    }
  }
}
measured = y_max > 0
if (!measured) { y_min = 1e4; y_max = 1e6 }

# The finding: the axis with the largest factor, and those without one.
top = 1
do for [k = 2:count] { if (most[k] > most[top]) { top = k } }
flat = ""
do for [n in panels] {
  if (most[place(panels, n)] < 1.2) { flat = flat." ".n }
}
finding = !measured ? "No strategy could be measured" : \
  most[top] < 1.2 ? "No axis changes a spawn by 1.2 times" : \
  most_by[top]
if (most[top] >= 1.2 && words(flat)) {
  finding = finding.sprintf("; %s change%s none by 1.2 times", \
    list_words(flat), words(flat) > 1 ? "" : "s")
}
if (dumb) {
  set print "-"
  print finding
  do for [k = 1:count] {
    if (k != top && most[k] >= 1.2) { print most_by[k] }
  }
  exit
}
subtitle = sprintf("call to exit status in hand, when nothing else is at work; ". \
  "heap %s, mode %s; one axis at a time; bar = 95 %% interval", \
  size(real(heap)), mode)
eval titles
set logscale y
set yrange [y_min / 1.5 : y_max * 1.5]
unset key
unset mytics
set grid back lc rgb pale lt 1
fives = log10(y_max / y_min) < 2
across = count > 4 ? int((count + 1) / 2) : count
down = count > 4 ? 2 : 1
left = 0.062; right = 0.985; room = 0.02
wide = (right - left - room * (across - 1)) / across
above = 0.745
high = (above - 0.06) / down
# The names of the lines, in their colours.
x = left
do for [s in strategies] {
  set label 200 + place(strategies, s) s at screen x, 0.805 noenhanced \
    textcolor rgb colour(s) font face.(term eq "svg" ? " Bold,15" : " Bold,12")
  x = x + 0.018 + 0.0075 * strlen(s)
}
set multiplot
do for [p = 1:count] {
  n = word(panels, p)
  col = (p - 1) % across; line = (p - 1) / across
  set lmargin at screen left + col * (wide + room)
  set rmargin at screen left + col * (wide + room) + wide
  set tmargin at screen above - line * high
  set bmargin at screen above - (line + 1) * high + 0.12
  set title n offset 0, -0.4 textcolor rgb "black" noenhanced
  set ytics ()
  do for [e = 0:11] { do for [f = 1:(fives ? 5 : 1):4] {
    if (f * 10.0**e > y_min / 1.5 && f * 10.0**e < y_max * 1.5) {
      set ytics add ((col ? "" : duration(f * 10.0**e)) f * 10.0**e)
    }
  } }
  set xtics ()
  do for [v in values_of(n)] {
    set xtics add (short(n, v) place(values_of(n), v))
  }
  set xrange [0.6 : words(values_of(n)) + 0.4]
  plot y_max * 10 notitle, \
    for [s in lines_of[p]] block(n, s) using 1:3:(0):($4-$3) \
      with vectors nohead lw 2 lc rgb colour(s) notitle, \
    for [s in lines_of[p]] block(n, s) using 1:2 \
      with linespoints lw 2 pt shape(s) ps 1.1 lc rgb colour(s) notitle
  do for [k = 1:5] { unset label k }
  do for [s in strategies] { unset label 200 + place(strategies, s) }
}
unset multiplot
