"""Memory and speed of batches read from files, as the number of files grows.

    python benchmarks/pipeline.py [--files 20000]

Every case runs in a process of its own, because peak memory only ever rises. `load all` reads every file into one
array first; the others stream.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from cosmic_lib import pipeline

SHAPE = (128, 40)  # 20 kB an item
CASES = ("load all", "tf.data", "PyDataset", "tf.data, second epoch cached")


def make_files(folder: Path, count: int) -> None:
    rng = np.random.default_rng(0)
    for number in range(count):
        np.save(folder / f"{number:05d}.npy", rng.normal(size=SHAPE).astype(np.float32))


def measure(case: str, folder: Path, count: int) -> None:
    """Go through all batches of two epochs once; print peak memory above the start, and seconds of the second epoch."""
    paths = sorted(folder.glob("*.npy"))[:count]
    start = _peak()
    if case == "load all":
        batches = pipeline.batches(np.stack([np.load(path) for path in paths]), shuffle_seed=0)
    else:
        with tempfile.TemporaryDirectory(dir=folder) as cache:
            batches = pipeline.batches(
                paths,
                decode=np.load,
                shuffle_seed=0,
                cache=Path(cache, "items") if "cached" in case else None,
                use_tensorflow=case != "PyDataset",
            )
            _report(case, count, start, batches)
        return
    _report(case, count, start, batches)


def _report(case: str, count: int, start: float, batches) -> None:
    for _ in range(2):
        began = time.perf_counter()
        seen = 0
        for batch in batches if hasattr(batches, "element_spec") else map(batches.__getitem__, range(len(batches))):
            seen += len(batch)
        seconds = time.perf_counter() - began
        if hasattr(batches, "on_epoch_end"):
            batches.on_epoch_end()
    print(
        f"{case:30} {count:6} files {_peak() - start:8.0f} MB above the start {seen / seconds:9.0f} items/s", flush=True
    )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--case", choices=CASES)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.case:
        measure(options.case, options.folder, options.files)
        return
    with tempfile.TemporaryDirectory() as folder:
        make_files(Path(folder), options.files)
        for case in CASES:
            for count in (options.files // 10, options.files):
                command = [sys.executable, __file__, "--case", case, "--folder", folder, "--files", str(count)]
                subprocess.run(command, check=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})


if __name__ == "__main__":
    main()
