#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Statistics by numpy and scipy, to hold ours against.

Checks that stats.csv and slopes.csv of tests/data/golden, which stats_test.c
and slope_test.c read, still are what numpy and scipy say; --write makes them
anew. Exits 77, and says why, where scipy is missing: the C tests need only the
files.
"""

import collections
import csv
import io
import itertools
import os
import random
import sys

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "..", "data", "golden")
QUANTILES = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95,
             "p99": 0.99}
COLUMNS = ["name", "values", *QUANTILES, "mean", "iqr_over_median", "lo", "hi"]

try:
    import numpy
    import scipy.stats
except ImportError as missing:
    print(f"stats_scipy: skipped: {missing}; install python3-scipy")
    sys.exit(77)


def cases():
    """Integers, as nanoseconds are; Python's own generator, because its
    sequence for a seed is promised never to change."""
    source = random.Random(2)
    for count in (1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 17, 20, 25, 60, 101, 300):
        yield f"lognormal_{count}", [
            round(source.lognormvariate(11, 0.5)) for _ in range(count)]
    yield "ties", [7, 7, 7, 7, 9, 9, 9, 12]
    yield "all_equal", [5] * 9
    yield "bimodal", [34, 68] * 12


def median_interval(values):
    """All symmetric pairs of order statistics, the narrowest that covers."""
    ordered, count = sorted(values), len(values)
    for k in range((count + 1) // 2, 0, -1):
        # The median lies between ranks k and count+1-k unless fewer than k
        # values are below it, or fewer than k above.
        coverage = (scipy.stats.binom.cdf(count - k, count, 0.5)
                    - scipy.stats.binom.cdf(k - 1, count, 0.5))
        if coverage >= 0.95:
            return ordered[k - 1], ordered[count - k]
    return "", ""


def row(name, values):
    lo, hi = median_interval(values)
    numbers = [float(numpy.quantile(values, p)) for p in QUANTILES.values()]
    numbers.append(float(numpy.mean(values)))
    numbers.append(float(scipy.stats.iqr(values) / numpy.median(values)))
    return [name, ";".join(map(str, values)),
            *(f"{number:.12g}" for number in numbers), lo, hi]


def mann_kendall(values):
    """The score by its definition, with ties and continuity."""
    signs = sum((b > a) - (b < a)
                for a, b in itertools.combinations(values, 2))
    parts = [len(values)], collections.Counter(values).values()
    variance = [sum(n * (n - 1) * (2 * n + 5) for n in part) / 18
                for part in parts]
    if signs == 0:
        return 0.0
    return ((signs - (1 if signs > 0 else -1))
            / (variance[0] - variance[1]) ** 0.5)


def slope_row(name, values):
    slope = scipy.stats.theilslopes(values).slope
    return [name, ";".join(map(str, values)), f"{slope:.12g}",
            f"{mann_kendall(values):.12g}"]


def is_golden(name, columns, make):
    """Whether the file is what make says of the cases; --write writes it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(make(*case) for case in cases()
                     if make is row or len(case[1]) > 1)
    path = os.path.join(GOLDEN, name)
    if sys.argv[1:] == ["--write"]:
        with open(path, "w", encoding="ascii") as golden:
            golden.write(text.getvalue())
        return True
    with open(path, encoding="ascii") as golden:
        if golden.read() == text.getvalue():
            return True
    print(f"stats_scipy: tests/data/golden/{name} is not what scipy says")
    return False


def main():
    good = is_golden("stats.csv", COLUMNS, row)
    good &= is_golden("slopes.csv",
                      ["name", "values", "theil_sen", "mann_kendall"],
                      slope_row)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
