#!/usr/bin/env python3
"""geo_rows.py BENCH N SEED OUT.bin: what BENCH/gen.py makes of `geo N SEED OUT.bin`, to the byte, in little memory.

gen.py holds every pair of offers before it keeps the best of each, more than 20 GB for a million offers; this goes
through the offers a few thousand at a time and holds the best pairs alone, at most 24 of each offer.
"""
import sys

import numpy as np
from scipy.spatial import cKDTree

sys.path.insert(0, sys.argv[1])
import gen  # noqa: E402

BEST, NEAREST_REPS, TOLERANCE, CHUNK = 24, 400, 4.0, 4000


def main():
    offers, seed, out = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    reach_km = 900.0 if offers <= 1500 else 400.0 if offers <= 15000 else 160.0 if offers <= 150000 else 60.0
    _, owner, base, account, value, kind, skill = gen.geo_population(offers, seed, reach_km)
    now, _ = gen.fit(base[owner], account, skill[owner, kind], reach_km)
    tree, log_value = cKDTree(base), np.log(value)
    nearest = min(NEAREST_REPS, len(base))
    first_offer = np.searchsorted(owner, np.arange(len(base) + 1))
    chunks = [(begin, min(begin + CHUNK, offers)) for begin in range(0, offers, CHUNK)]

    # How far the last rep is that is considered for an offer.
    radius = np.empty(offers)
    for begin, end in chunks:
        far, _ = tree.query(account[begin:end], k=[nearest], distance_upper_bound=reach_km)
        radius[begin:end] = np.where(np.isfinite(far[:, 0]), far[:, 0], reach_km)

    pairs = []
    for begin, end in chunks:
        far, reps = tree.query(account[begin:end], k=nearest, distance_upper_bound=reach_km)
        row, column = np.nonzero(np.isfinite(far))
        offer, rep, far = row + begin, reps[row, column], far[row, column]
        gain = 0.5 * np.exp(-far / reach_km) + 0.5 * skill[rep, kind[offer]] - now[offer]
        better = (rep != owner[offer]) & (gain > 0)
        offer, rep, gain = offer[better], rep[better], gain[better]
        # Every offer of such a rep, if its own gain with this offer's owner is positive too.
        count = first_offer[rep + 1] - first_offer[rep]
        arc = np.repeat(np.arange(len(offer)), count)
        other = first_offer[rep[arc]] + np.arange(len(arc)) - np.repeat(np.cumsum(count) - count, count)
        keep = np.abs(log_value[offer[arc]] - log_value[other]) <= np.log(TOLERANCE)
        arc, other = arc[keep], other[keep]
        far = np.sqrt(((base[owner[offer[arc]]] - account[other]) ** 2).sum(1))
        keep = (far <= radius[other] * (1 + 1e-12)) & (far < reach_km)
        arc, other, far = arc[keep], other[keep], far[keep]
        back = 0.5 * np.exp(-far / reach_km) + 0.5 * skill[owner[offer[arc]], kind[other]] - now[other]
        arc, other, back = arc[back > 0], other[back > 0], back[back > 0]
        one = offer[arc]
        weight = gain[arc] * value[one] + back * value[other]
        order = np.lexsort((-weight, one))
        one, other, weight = one[order], other[order], weight[order]
        rank = np.arange(len(one)) - np.searchsorted(one, one)
        best = rank < BEST
        pairs.append((one[best].astype(np.int32), other[best].astype(np.int32), weight[best]))

    one, other, weight = (np.concatenate(column) for column in zip(*pairs))
    u, v = np.minimum(one, other), np.maximum(one, other)
    _, kept = np.unique(u.astype(np.int64) * offers + v, return_index=True)
    u, v, weight = u[kept], v[kept], weight[kept]
    points = np.clip(np.rint(weight / np.quantile(weight, 0.9999) * 1e6), 1, 1_000_000).astype(np.int64)
    gen.write(out, offers, u, v, points)


if __name__ == "__main__":
    main()
