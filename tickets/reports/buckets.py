"""Lengths of time in buckets that grow by a tenth, so that medians come from sums. Pure.

Bucket k holds 1.1^k to 1.1^(k+1) seconds, the first also what is shorter. A length is told as the middle of its bucket
(the geometric one), so a median or a 90th percentile is at most 5 % off, for any length from a second to decades.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

GROWTH = 1.1
LAST = 250  # 700 years
_LOG = math.log(GROWTH)


def of(seconds: float) -> int:
    """The bucket of a length of time; what is negative counts as none."""
    return 0 if seconds < 1 else min(LAST, int(math.log(seconds) / _LOG))


def middle(bucket: int) -> float:
    """What a length in the bucket is told as, in seconds."""
    return float(GROWTH ** (bucket + 0.5))


def quantile(counts: Mapping[int, int], part: float) -> float | None:
    """The length in seconds that `part` (0 to 1) of those counted do not exceed; None of none.

    The nearest rank: of ten, a part of 0.9 is the ninth.
    """
    total = sum(counts.values())
    if total <= 0:
        return None
    rank, seen = max(1, math.ceil(total * part)), 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= rank:
            return middle(bucket)
    return middle(max(counts))
