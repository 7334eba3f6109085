#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Statistics by numpy and scipy, to hold ours against.

Checks that tests/data/golden/stats.csv, which stats_test.c reads, still is
what numpy and scipy say; --write makes it anew. Exits 77, and says why, where
scipy is missing: the C test needs only the file.
"""

import csv
import io
import os
import random
import sys

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "..", "data", "golden", "stats.csv")
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


def main():
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(row(*case) for case in cases())
    if sys.argv[1:] == ["--write"]:
        with open(GOLDEN, "w", encoding="ascii") as golden:
            golden.write(text.getvalue())
        return 0
    with open(GOLDEN, encoding="ascii") as golden:
        if golden.read() == text.getvalue():
            return 0
    print("stats_scipy: tests/data/golden/stats.csv is not what scipy says")
    return 1


if __name__ == "__main__":
    sys.exit(main())
