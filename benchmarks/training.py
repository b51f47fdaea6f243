"""An epoch of training from our batches against Keras's own `fit` on arrays: time, waiting for input, and memory.

    python benchmarks/training.py [--pictures 4000] [--epochs 5]

The epochs of the three inputs take turns in one process, so that whatever else the machine does hits all alike:

    arrays      float32 arrays, divided by 255 beforehand, shuffled by `fit`
    ours        the same pictures as bytes, drawn, shuffled and divided batch by batch, see `Prepared.batches`
    no input    one batch again and again: what the steps alone take, so that the rest of an epoch is waiting

Memory is measured on colour pictures, in a process for each input, because peak memory only ever rises.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import numpy as np
import psutil

from cosmic_lib import pipeline, studies
from cosmic_lib.training import Prepared

CASES = ("arrays", "ours", "no input")


def prepared(pictures: int, channels: int) -> Prepared:
    """Random bytes in the shape of CIFAR-10: what is on a picture changes no time."""
    rng = np.random.default_rng(0)
    array = rng.integers(0, 256, (pictures, 32, 32, channels), dtype=np.uint8)
    parts = np.full(pictures, "train", dtype=object)
    return Prepared(array, rng.integers(0, 10, pictures), parts, np.zeros(channels), np.full(channels, 255.0), 10)


def epoch(case: str, data: Prepared, batch_size: int) -> dict:
    """Arguments of `fit` for one epoch from one kind of input."""
    if case == "arrays":
        return {"x": data.inputs / np.float32(255), "y": data.labels, "batch_size": batch_size, "shuffle": True}
    if case == "ours":
        rows = np.arange(len(data.inputs))
        return {"x": data.batches(rows, labelled=True, batch_size=batch_size, shuffle_seed=0), "shuffle": False}
    first = data.batches(np.arange(batch_size), labelled=True, batch_size=batch_size)
    return {"x": first.cache().repeat(), "shuffle": False, "steps_per_epoch": -(-len(data.inputs) // batch_size)}


def compiled(name: str):
    row = studies.get("cifar").diary[name]
    model = row.model()
    model.compile(row.compile.optimizer, row.compile.loss, metrics=["accuracy"])
    return model, row.fit.batch_size


def compare(name: str, pictures: int, epochs: int) -> None:
    """Train epochs of each input in turn, and print the median time of each beside that of arrays."""
    pipeline.set_up(seed=0)
    model, batch_size = compiled(name)
    inputs = {case: epoch(case, prepared(pictures, 1), batch_size) for case in CASES}
    seconds: dict[str, list[float]] = {case: [] for case in CASES}
    for _ in range(epochs + 1):  # the first compiles
        for case in CASES:
            started = time.perf_counter()
            model.fit(**inputs[case], epochs=1, verbose=0)
            seconds[case].append(time.perf_counter() - started)
    middle = {case: float(np.median(values[1:])) for case, values in seconds.items()}
    for case in CASES:
        waiting = 1 - middle["no input"] / middle[case]
        print(
            f"{name:10} {case:9} {middle[case]:6.2f} s an epoch, {middle[case] / middle['arrays']:.2f} of arrays; "
            f"waiting for input {max(waiting, 0):4.0%}",
            flush=True,
        )


def measure_memory(case: str, pictures: int) -> None:
    """Train one epoch, and print what it took above what the libraries do."""
    model, batch_size = compiled("cnn_1_colour")
    start = psutil.Process().memory_info().rss / 2**20
    model.fit(**epoch(case, prepared(pictures, 3), batch_size), epochs=1, verbose=0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    print(f"memory     {case:9} {peak - start:6.0f} MB above the start, {pictures} colour pictures", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=4_000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--memory", choices=CASES)
    options = parser.parse_args()
    if options.memory:
        measure_memory(options.memory, options.pictures)
        return
    for name in ("cnn_1", "cnn_3_v1"):
        compare(name, options.pictures, options.epochs)
    for case in CASES[:2]:
        command = [sys.executable, __file__, "--memory", case, "--pictures", str(10 * options.pictures)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
