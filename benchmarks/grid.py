"""The album art study's grid: a network for every fit, against `grid.search`; time, and whether scores are the same.

    python benchmarks/grid.py [--items 100] [--size 64] [--optimizers NAME ...] [--whole]

Both ways score the same combinations on the same covers of the sample, in blocks that take turns, and are fed alike.
The 100 covers in 3 folds are what the printed grid was run on (see `arithmetic.py`). By default a block is one
optimizer with two of the five dropouts; `--whole` runs all 80 combinations, for the better part of an hour. Seconds are
those of the clock, since ours fits several networks at a time: let nothing else run. Those of the processor are the
work itself, whatever else runs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from cosmic_lib import pipeline, store
from cosmic_lib.studies.album_art import data, grid, models

OPTIMIZERS = ("SGD", "Adam", "Adamax", "Nadam")
WAYS = {"afresh": grid.search_afresh, "ours": grid.search}


def covers(items: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Covers of the sample divided by 255, their class numbers, and three folds."""
    with tempfile.TemporaryDirectory() as folder:
        loaded = data.load("sample", Path(folder), size=size, covers=max(items, 200))
        rows = np.random.default_rng(0).permutation(len(loaded.items))[:items]
        inputs = loaded.arrays["covers"][rows].astype(np.float32) / 255
        return inputs, loaded.y[rows], np.arange(len(rows)) % 3


def blocks(optimizers: list[str], whole: bool) -> list[list[dict]]:
    """Combinations of one optimizer each."""
    some = [row for row in grid.COMBINATIONS if whole or row["dropout"] in (0.2, 0.8)]
    return [[row for row in some if row["optimizer"] == name] for name in optimizers]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--optimizers", nargs="+", choices=OPTIMIZERS, default=OPTIMIZERS)
    parser.add_argument("--whole", action="store_true")
    asked = parser.parse_args()
    pipeline.set_up(seed=0)
    given = covers(asked.items, asked.size)
    grid.search_afresh(
        *given, [{"batch_size": 20, "dropout": 0.2, "epochs": 1, "optimizer": "SGD"}]
    )  # starts TensorFlow
    clocks = {"clock": time.perf_counter, "processor": time.process_time}
    spent = {(way, clock): 0.0 for way in WAYS for clock in clocks}
    same = True
    for block in blocks(asked.optimizers, asked.whole):
        tables = []
        for way, search in WAYS.items():
            started = {clock: now() for clock, now in clocks.items()}
            tables.append(search(*given, block))
            seconds = {clock: now() - started[clock] for clock, now in clocks.items()}
            for clock in clocks:
                spent[way, clock] += seconds[clock]
            print(
                f"{block[0]['optimizer']:7} {way:7} {seconds['clock']:7.1f} s, {seconds['processor']:7.1f} s of the "
                f"processor; {len(block)} combinations of {3 * len(block)} fits",
                flush=True,
            )
        same &= tables[0].equals(tables[1])
        if not tables[0].equals(tables[1]):
            print("these differ:", tables[0].compare(tables[1]), sep="\n")
    ratios = {clock: spent["afresh", clock] / spent["ours", clock] for clock in clocks}
    network = models.cnn(given[0].shape[1:], int(given[1].max()) + 1)
    print(
        f"ratio {ratios['clock']:.2f} by the clock, {ratios['processor']:.2f} by the processor; scores are "
        f"{'equal' if same else 'NOT EQUAL'}; {len(given[0])} covers, {network.count_params():,} parameters, "
        f"{store.threads()} threads"
    )


if __name__ == "__main__":
    main()
