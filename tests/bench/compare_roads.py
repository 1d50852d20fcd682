#!/usr/bin/env python3
"""Road networks: our times and our processor seconds beside OSRM's and Valhalla's on the same extract.

In goes an extract (Porto of ../shared/data/roads if none is named). Out come the median and the 95th percentile of the
relative error against osrm-routed over 300 × 300 random places, the same against Valhalla, the mean error of the straight
line, and the processor seconds of a table of 1000 × 1000 of ours and of osrm-routed. Ends with 1 if the errors against
OSRM are above 3 % and 10 %.

Needs Python 3.12 or newer, which it finds itself, and the package index the first time: the servers come from
osrm-bindings and pyvalhalla, into target/roads-venv. Servers listen on loopback and are stopped by their process id.

    tests/bench/compare_roads.py [EXTRACT.osm.pbf] [--without-valhalla]
"""
import argparse
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

PACKAGE = pathlib.Path(__file__).resolve().parents[2]
VENV = PACKAGE / "target" / "roads-venv"
PORTO = PACKAGE.parent / "shared" / "data" / "roads" / "porto.osm.pbf"


def venv():
    """Returns the folder of the servers' packages, installed the first time."""
    done = VENV / "installed"
    if not done.exists():
        names = ["python3.14", "python3.13", "python3.12", "python3"]
        newer = "import sys; sys.exit(sys.version_info < (3, 12))"
        found = [name for name in map(shutil.which, names) if name]
        found += map(str, sorted(pathlib.Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python")))
        python = next((it for it in found if subprocess.run([it, "-c", newer]).returncode == 0), None)
        if python is None:
            sys.exit("compare_roads.py: no Python 3.12 or newer was found")
        subprocess.run([python, "-m", "venv", "--clear", VENV], check=True)
        subprocess.run([VENV / "bin/python", "-m", "pip", "install", "-q", "osrm-bindings", "pyvalhalla"], check=True)
        done.touch()
    return next(VENV.glob("lib/python3.*/site-packages"))


def cpu_seconds(process):
    """Processor seconds of a process so far."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(url, body=None):
    """Asks until the server answers, for at most a minute."""
    data = None if body is None else json.dumps(body).encode()
    for _ in range(240):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data), timeout=600) as reply:
                return json.load(reply)
        except urllib.error.HTTPError:
            raise
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.25)
    sys.exit(f"compare_roads.py: no answer from {url}")


def errors(name, ours, theirs):
    """Prints how far ours are from theirs; returns the median and the 95th percentile."""
    found = sorted(
        abs(a - b) / b
        for i, (row, other) in enumerate(zip(ours, theirs))
        for j, (a, b) in enumerate(zip(row, other))
        if i != j and a is not None and b is not None and b >= 30
    )
    median, high = found[len(found) // 2], found[len(found) * 95 // 100]
    mean = statistics.mean(found)
    print(f"{name}: median {median:.2%}, 95th percentile {high:.2%}, mean {mean:.2%} of {len(found)} pairs")
    return median, high


def run(log, *command):
    with open(log, "w") as out:
        subprocess.run(list(map(str, command)), stdout=out, stderr=out, check=True)


def osrm(site, extract, folder, answers):
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "map.osrm"
    if not (folder / "map.osrm.hsgr").exists():
        shutil.copy(extract, folder / "map.osm.pbf")
        tools = site / "osrm" / "bin"
        run(folder / "extract.log", tools / "osrm-extract", "-p", site / "osrm/share/profiles/car.lua", folder / "map.osm.pbf")
        run(folder / "contract.log", tools / "osrm-contract", data)
    port = free_port()
    command = [site / "osrm/bin/osrm-routed", "--algorithm", "CH", "--max-table-size", "10000", "--ip", "127.0.0.1",
               "--port", str(port), "--threads", "2", data]
    with open(folder / "routed.log", "w") as log:
        server = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log)
    try:
        def table(places):
            return f"http://127.0.0.1:{port}/table/v1/driving/" + ";".join(f"{lon:.6f},{lat:.6f}" for lat, lon in places)
        theirs = ask(table(answers["places"][: len(answers["seconds"])]))["durations"]
        ask(table(answers["places"]))
        begun = cpu_seconds(server)
        for _ in range(3):
            with urllib.request.urlopen(table(answers["places"])) as reply:
                reply.read()
        return theirs, (cpu_seconds(server) - begun) / 3
    finally:
        server.terminate()
        server.wait()


def valhalla(site, extract, folder, answers):
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "valhalla.json"
    port = free_port()
    tools, python = site / "valhalla" / "bin", VENV / "bin" / "python"
    maker = next(it for it in sorted(site.parents[2].rglob("valhalla_build_config*")) if it.suffix != ".pyc")
    text = subprocess.run([python, maker, "--mjolnir-tile-dir", folder / "tiles",
                           "--httpd-service-listen", f"tcp://127.0.0.1:{port}"], check=True, stdout=subprocess.PIPE).stdout
    config.write_bytes(text)
    if not (folder / "tiles").exists():
        run(folder / "build.log", tools / "valhalla_build_tiles", "-c", config, extract)
    with open(folder / "service.log", "w") as log:
        server = subprocess.Popen([str(tools / "valhalla_service"), str(config), "2"], stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}/sources_to_targets"
        places = [{"lat": lat, "lon": lon} for lat, lon in answers["places"][: len(answers["seconds"])]]
        times = [[None] * len(places) for _ in places]
        # Blocks of 50 × 50: it stops answering after large requests.
        for row in range(0, len(places), 50):
            for column in range(0, len(places), 50):
                body = {"sources": places[row:row + 50], "targets": places[column:column + 50], "costing": "auto"}
                try:
                    block = ask(url, body)["sources_to_targets"]
                except urllib.error.HTTPError:
                    continue
                for i, cells in enumerate(block):
                    for j, cell in enumerate(cells):
                        times[row + i][column + j] = cell["time"]
        return times
    finally:
        server.terminate()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("extract", nargs="?", type=pathlib.Path, default=PORTO)
    parser.add_argument("--without-valhalla", action="store_true")
    parser.add_argument("--answers", type=pathlib.Path, help="takes what `--bench roads -- --answers` wrote")
    options = parser.parse_args()
    extract = options.extract.resolve()
    folder = PACKAGE / "target" / "roads" / extract.name.split(".")[0]
    folder.mkdir(parents=True, exist_ok=True)
    answers = options.answers
    if answers is None:
        answers = folder / "answers.json"
        command = ["cargo", "bench", "-q", "--bench", "roads", "--", extract, "--answers", answers]
        subprocess.run(list(map(str, command)), cwd=PACKAGE, check=True)
    answers = json.loads(answers.read_text())
    site = venv()
    theirs, theirs_cpu = osrm(site, extract, folder / "osrm", answers)
    median, high = errors("ours against OSRM", answers["seconds"], theirs)
    errors("the straight line against OSRM", answers["straight_seconds"], theirs)
    ours_cpu = answers["table_cpu_seconds"]
    print(f"1000 x 1000: ours {ours_cpu:.3f} s of processor, OSRM {theirs_cpu:.3f} s: {theirs_cpu / ours_cpu:.1f} times")
    if not options.without_valhalla:
        times = valhalla(site, extract, folder / "valhalla", answers)
        errors("ours against Valhalla", answers["seconds"], times)
        errors("OSRM against Valhalla", theirs, times)
    sys.exit(median > 0.03 or high > 0.10)


if __name__ == "__main__":
    main()
