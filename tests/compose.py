"""The topology of docker-compose.yml from plain processes on loopback; run by tests/compose.

In goes the program to run; out comes a line for each thing that holds, or the first that does not and an exit code of 1.
Settings, proxy and Prometheus are those of docker-compose.yml; only host names, folders and ports are put in, for there
are no containers to have them. Every process is stopped by its own handle, the database with its folder.
"""

import base64
import concurrent.futures
import contextlib
import glob
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PASSWORD = "a 'password' of its own"
held = 0


def holds(words, is_so, found=""):
    """Says that something holds, or ends the test."""
    global held
    if not is_so:
        sys.exit(f"compose: {words}: no. {found}")
    held += 1
    print(f"ok: {words}", flush=True)


def until(words, is_so, seconds=60):
    """Waits for something that has to come."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            sys.exit(f"compose: {words}: not within {seconds} s")
        threading.Event().wait(0.1)
    holds(words, True)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def ask(port, path, token=None, method="GET", body=None, headers=None):
    """Status and text of an answer; status 0 where there is none."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method, data=body, headers=headers or {})
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
        return 0, str(error)


class Topology:
    """All processes, and where they listen."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        service = COMPOSE["services"]["account-swap"]
        self.replicas = [free_port() for _ in range(service["deploy"]["replicas"])]
        self.database, self.proxy, self.prometheus = free_port(), free_port(), free_port()
        self.state = folder / "state"
        self.state.mkdir()
        self.environment = {**os.environ, **{key: self.placed(value) for key, value in service["environment"].items()}}
        self.running = {}

    def placed(self, value):
        """A setting with what stands for its host, folder and secret here."""
        value = re.sub(r"\$\{POSTGRES_PASSWORD:\?[^}]*\}", lambda _: PASSWORD, value)
        value = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
        return value.replace("@db:5432", f"@127.0.0.1:{self.database}").replace("/var/lib/account-swap", str(self.state))

    def start(self, name, command, **how):
        log = open(self.folder / f"{name}.log", "ab")
        self.running[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **how)

    def stop(self, name, how=signal.SIGTERM):
        process = self.running.pop(name)
        process.send_signal(how)
        return process.wait(timeout=60)

    def start_database(self):
        programs = pathlib.Path(max(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda at: int(at.split("/")[4])))
        data, secret = self.folder / "data", self.folder / "password"
        secret.write_text(PASSWORD)
        how = {}
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            how = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
            for place in (self.folder, secret):
                os.chown(place, owner.pw_uid, owner.pw_gid)
        name = COMPOSE["services"]["db"]["environment"]["POSTGRES_USER"]
        quiet = {"stdout": subprocess.DEVNULL, "cwd": "/", **how}
        initialise = ["--username", name, "--pwfile", secret, "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale"]
        subprocess.run([programs / "initdb", "--pgdata", data, *initialise], check=True, **quiet)
        listen = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={self.database}", "-c", f"unix_socket_directories={self.folder}"]
        self.start("db", [programs / "postgres", "-D", data, *listen], cwd="/", **how)
        ready = [programs / "pg_isready", "--quiet", "--host", "127.0.0.1", "--port", str(self.database)]
        until("PostgreSQL answers", lambda: subprocess.run(ready).returncode == 0)
        create = [programs / "createdb", "--host", "127.0.0.1", "--port", str(self.database), "--username", name]
        database = COMPOSE["services"]["db"]["environment"]["POSTGRES_DB"]
        subprocess.run([*create, database], check=True, env={**os.environ, "PGPASSWORD": PASSWORD})

    def start_replica(self, which):
        command = COMPOSE["services"]["account-swap"]["command"]
        listen = [word.replace("0.0.0.0:8080", f"127.0.0.1:{self.replicas[which]}") for word in command]
        self.start(f"replica-{which}", [self.program, *listen], env=self.environment, cwd=ROOT)

    def start_proxy(self):
        settings = COMPOSE["configs"]["proxy"]["content"].replace("bind :8080", f"bind 127.0.0.1:{self.proxy}")
        template = re.search(r"^ *server-template \S+ (\d+) account-swap:8080 (check inter 2s fall 2 rise 1) .*$", settings, re.M)
        holds("the proxy knows as many replicas as there are", int(template[1]) == len(self.replicas), template[0])
        servers = [f"    server replica{at} 127.0.0.1:{port} {template[2]}" for at, port in enumerate(self.replicas)]
        settings = settings.replace(template[0], "\n".join(servers))
        file = self.folder / "haproxy.cfg"
        file.write_text(settings)
        self.start("proxy", ["/usr/sbin/haproxy", "-db", "-f", file])

    def start_prometheus(self):
        folder = self.folder / "prometheus"
        folder.mkdir()
        (folder / "alerts.yml").write_text(COMPOSE["configs"]["alerts"]["content"])
        settings = yaml.safe_load(COMPOSE["configs"]["prometheus"]["content"])
        settings["global"]["scrape_interval"] = "1s"
        (job,) = settings["scrape_configs"]
        found = job.pop("dns_sd_configs")
        holds("Prometheus looks for the service on its port", found == [{"names": ["account-swap"], "type": "A", "port": 8080}])
        job["static_configs"] = [{"targets": [f"127.0.0.1:{port}" for port in self.replicas]}]
        (folder / "prometheus.yml").write_text(yaml.safe_dump(settings))
        words = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
        self.start("prometheus", ["/usr/bin/prometheus", *words, f"--web.listen-address=127.0.0.1:{self.prometheus}"])

    def run(self, *words):
        done = subprocess.run([self.program, *words], env=self.environment, cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"compose: account-swap {' '.join(words)}: {done.returncode}\n{done.stderr}")
        return done.stdout.strip()

    def is_ready(self, which):
        return ask(self.replicas[which], "/readyz")[0] == 200

    def answered(self, which):
        """Requests under /api/v1 that a replica has answered."""
        counts = re.findall(r'^http_requests_total\{(.*)\} (\d+)$', ask(self.replicas[which], "/metrics")[1], re.M)
        return sum(int(count) for labels, count in counts if 'route="/api/v1' in labels)


def csv(*rows):
    return "\n".join(",".join(row) for row in rows).encode() + b"\n"


def main(program):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="account-swap-compose."))
    at = Topology(program, folder)
    try:
        hang_together(at)
    except BaseException:
        for log in sorted(folder.glob("*.log")):
            print(f"-- the end of {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:]), file=sys.stderr)
        raise
    finally:
        for name in reversed(list(at.running)):
            with contextlib.suppress(subprocess.TimeoutExpired):
                at.stop(name, signal.SIGINT if name == "db" else signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{held} passed, 0 failed")


def hang_together(at):
    at.start_database()
    for which in range(len(at.replicas)):
        at.start_replica(which)
    for which in range(len(at.replicas)):
        until(f"replica {which} is ready, both having migrated an empty database at once", lambda: at.is_ready(which))
    at.start_proxy()
    at.start_prometheus()
    until("the proxy lets requests through", lambda: ask(at.proxy, "/readyz")[0] == 200)

    status, _ = ask(at.proxy, "/metrics")
    holds("nobody outside sees what is counted", status == 404, status)
    token = at.run("token", "--admin", "admin")
    head = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    holds("one key signs for all replicas", head["alg"] == "HS256" and (at.state / "local.key").is_file(), head)
    before = [at.answered(which) for which in range(len(at.replicas))]
    statuses = {ask(at.proxy, "/api/v1/me", token)[0] for _ in range(20)}
    holds("a token counts wherever it arrives", statuses == {200}, statuses)
    grown = [at.answered(which) - was for which, was in enumerate(before)]
    holds("requests are spread over all replicas", min(grown) >= 5, grown)

    reps = csv(
        ["id", "name", "team", "manager", "lat", "lon", "country"],
        *[[f"rep-{i}", f"Rep {i}", "north", "mia", "40.2", f"-76.{i}", "us"] for i in range(1, 4)],
    )
    key = str(uuid.uuid4())
    again = [
        ask(at.proxy, "/api/v1/imports/reps", token, "POST", reps, {"Content-Type": "text/csv", "Idempotency-Key": key})
        for _ in range(2)
    ]
    holds("an import through one replica is known to the other by its key", again[0][0] == 200 and again[0] == again[1], again)
    listed = [len(json.loads(ask(port, "/api/v1/reps", token)[1])["items"]) for port in at.replicas]
    holds("all replicas see one database", listed == [3] * len(listed), listed)

    def keep_asking(stop):
        seen = []
        while not stop.is_set():
            seen.append(ask(at.proxy, "/api/v1/reps", token)[0])
        return seen

    with concurrent.futures.ThreadPoolExecutor() as pool:
        stop = threading.Event()
        askers = [pool.submit(keep_asking, stop) for _ in range(4)]
        code = at.stop("replica-0")
        until("the other replica answers for it", lambda: ask(at.proxy, "/readyz")[0] == 200)
        at.start_replica(0)
        until("a replica comes back", lambda: at.is_ready(0))
        stop.set()
        seen = [status for asker in askers for status in asker.result()]
    holds("a replica that is told to stop ends well", code == 0, code)
    wrong = [status for status in seen if status not in (200, 429)]
    holds("and no request is lost with it", len(seen) > 20 and not wrong, wrong)

    at.stop("replica-1", signal.SIGKILL)
    until("a replica that is killed is found out", lambda: all(ask(at.proxy, "/healthz")[0] == 200 for _ in range(10)))
    at.start_replica(1)
    until("and comes back", lambda: at.is_ready(1))

    def watched():
        status, text = ask(at.prometheus, "/api/v1/targets?state=active")
        return status == 200 and [one["health"] for one in json.loads(text)["data"]["activeTargets"]] == ["up"] * len(at.replicas)

    until("Prometheus sees every replica", watched)
    rules = json.loads(ask(at.prometheus, "/api/v1/rules")[1])["data"]["groups"]
    names = {rule["query"] for group in rules for rule in group["rules"]}
    known = ask(at.replicas[0], "/metrics")[1]
    metrics = {name for query in names for name in re.findall(r"\b(?:http|handovers|database|deliver|webhook|outbox|crm)\w+", query)}
    unknown = [name for name in metrics if name not in known]
    holds("every alert is about something that is counted", rules and not unknown, unknown)

    at.stop("db", signal.SIGINT)
    until("without its database the service is not ready", lambda: not any(at.is_ready(which) for which in range(2)))
    holds("but alive", all(ask(port, "/healthz")[0] == 200 for port in at.replicas))


if __name__ == "__main__":
    main(sys.argv[1])
