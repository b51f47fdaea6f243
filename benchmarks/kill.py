"""Kill `cosmic reproduce` at random moments, again and again, and show that nothing is lost by it.

    python benchmarks/kill.py [--rounds 4] [--seed 0]

A small made-up GTZAN is served from 127.0.0.1. One call that nobody disturbs fetches it, reads it, trains and reports.
Then, in a folder of its own, each round kills ten calls with SIGKILL, each at a random moment of a stage: two in the
download, two in the extraction of features, four in training, two in the report. A last call is left alone. Its
results have to equal those of the first, and the two folders have to hold the same files.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.server
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from cosmic_lib import catalog
from cosmic_lib.studies.genre.sample import write_sample

COMMAND = [
    sys.executable,
    "-m",
    "cosmic_lib",
    "reproduce",
    "genre",
    "--data",
    "real",
    "--mode",
    "smoke",
    "--seeds",
    "1",
]
STAGES = ("download", "extraction", "training", "report")
ROUND = {"download": 2, "extraction": 2, "training": 4, "report": 2}
FITS = 11  # five folds under each protocol, and one seed on the sealed split
PASSING = ("seconds", "time", "made")  # what differs from one undisturbed call to the next, too


@dataclass
class Outcome:
    """What a number of kills came to.

    Args:
        kills: how many calls were killed in each stage.
        different: results of the last call that are not those of the undisturbed one.
        stray: files that only one of the two folders holds.
    """

    kills: dict[str, int]
    different: list[str]
    stray: list[str]

    def __str__(self) -> str:
        counted = ", ".join(f"{stage} {count}" for stage, count in self.kills.items())
        return (
            f"{sum(self.kills.values())} kills ({counted}): "
            f"{len(self.different)} results differ, {len(self.stray)} stray files"
        )


class Slow(http.server.BaseHTTPRequestHandler):
    """Serves one archive, or the rest of it, at about 8 MB a second: long enough to be killed in."""

    content = b""

    def do_GET(self) -> None:
        first = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(self.content) - 1}/{len(self.content)}")
        self.send_header("Content-Length", str(len(self.content) - first))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # whoever asked was killed
            for start in range(first, len(self.content), 80_000):
                self.wfile.write(self.content[start : start + 80_000])
                time.sleep(0.01)

    def log_message(self, *args) -> None:
        pass


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Path]:
    """A catalogue whose gtzan is a made-up one on 127.0.0.1."""
    sample = write_sample(folder, tracks=5, seconds=9.0)
    archive = folder / "genres.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        tar.add(sample / "genres_original", "genres")
    content = archive.read_bytes()
    handler = type("Handler", (Slow,), {"content": content})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    download = {
        "file": archive.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "urls": [f"http://127.0.0.1:{server.server_port}/{archive.name}"],
    }
    entry = yaml.safe_load(catalog.path().read_text())["gtzan"] | {"downloads": [download]}
    listed = folder / "datasets.yaml"
    listed.write_text(yaml.safe_dump({"gtzan": entry}))
    try:
        yield listed
    finally:
        server.shutdown()


def stage_of(home: Path) -> str:
    """How far a call has come, from what lies in its folder."""
    if not (home / "data" / "gtzan").exists():
        return "download" if (home / "data").exists() else "start"
    runs = home / "runs" / "genre"
    if not list(runs.glob("splits-*.csv")):
        return "extraction"
    return "training" if len(list(runs.glob("?" * 16 + ".json"))) < FITS else "report"


def start(home: Path, listed: Path) -> subprocess.Popen:
    environment = {**os.environ, "COSMIC_HOME": str(home), "COSMIC_CATALOGUE": str(listed), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(COMMAND, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(call: subprocess.Popen) -> None:
    output, _ = call.communicate()
    if call.returncode:
        raise RuntimeError(f"a call that was left alone failed:\n{output}")


def undisturbed(home: Path, listed: Path) -> dict[str, float]:
    """Run once to the end.

    Returns:
        Seconds that each stage takes, from the start on.
    """
    call, began = start(home, listed), {"start": time.perf_counter()}
    while call.poll() is None:
        began.setdefault(stage_of(home), time.perf_counter())
        time.sleep(0.01)
    finish(call)
    ends = [*(began[stage] for stage in STAGES), time.perf_counter()]
    return {stage: end - began[stage] for stage, end in zip(("start", *STAGES), ends, strict=True)}


def kill_in(stage: str, home: Path, listed: Path, seconds: Mapping[str, float], share: float) -> str | None:
    """Start a call and kill it after a share of the time that a stage takes.

    Returns:
        The stage it was killed in; None if it had ended before.
    """
    # Where an earlier call came to the stage already, this one has to start up first, and may be killed in that.
    again = seconds["start"] if stage_of(home) == stage else 0.0
    call = start(home, listed)
    while call.poll() is None and stage_of(home) != stage:
        time.sleep(0.01)
    time.sleep(share * (again + seconds[stage]))
    if call.poll() is not None:
        finish(call)
        return None
    found = stage_of(home)
    call.kill()
    call.communicate()
    return found


def plain(value):
    """A result without what differs from call to call."""
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items() if name not in PASSING}
    if isinstance(value, float):  # the last bits of a mean depend on where its array lies in memory
        return float(f"{value:.9g}")
    return [plain(part) for part in value] if isinstance(value, list) else value


def results(home: Path) -> dict[str, object]:
    return {path.name: plain(json.loads(path.read_text())) for path in (home / "runs" / "genre").glob("*.json")}


def files(home: Path) -> set[str]:
    return {path.relative_to(home).as_posix() for path in home.rglob("*")}


def compare(home: Path, reference: Path) -> tuple[list[str], list[str]]:
    """Results that differ between two folders, and files that only one of them holds."""
    ours, theirs = results(home), results(reference)
    different = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    return different, sorted(files(home) ^ files(reference))


def run(rounds: int, plan: Mapping[str, int], *, seed: int, say=print) -> Outcome:
    """Kill calls, round after round.

    Args:
        rounds: how often to begin anew.
        plan: stage -> how many calls to kill in it per round.
        seed: of the moments.
        say: is told how it goes.
    """
    rng = random.Random(seed)
    outcome = Outcome(dict.fromkeys(("start", *STAGES), 0), [], [])
    with tempfile.TemporaryDirectory() as place, served(Path(place, "server")) as listed:
        reference, home = Path(place, "undisturbed"), Path(place, "killed")
        seconds = undisturbed(reference, listed)
        say("undisturbed: " + ", ".join(f"{stage} {time:.1f} s" for stage, time in seconds.items()))
        pace = {**seconds, "training": seconds["training"] / plan["training"]}  # so that each kill leaves some to do
        for number in range(rounds):
            shutil.rmtree(home, ignore_errors=True)
            for stage in [name for name in STAGES for _ in range(plan[name])]:
                if found := kill_in(stage, home, listed, pace, rng.random()):
                    outcome.kills[found] += 1
            finish(start(home, listed))
            different, stray = compare(home, reference)
            outcome.different += different
            outcome.stray += stray
            say(f"round {number + 1}: {outcome}")
    return outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    outcome = run(options.rounds, ROUND, seed=options.seed)
    for name in (*outcome.different, *outcome.stray):
        print(name)
    sys.exit(bool(outcome.different or outcome.stray))


if __name__ == "__main__":
    main()
