"""Galaxy pictures: the study's loop, file by file, against `pictures.read_all`; and memory to train on 70,000 files.

    python benchmarks/galaxies.py [--files 2000] [--block 500] [--many 70000] [--folder FOLDER]

Pictures are drawn, 424 pixels a side as in Galaxy Zoo 2. First, a process of its own decodes as many files as the study
had, trains the study's final network on them for an epoch, and says how much memory that takes. Then both ways take
turns, a block of files each; seconds are those of the clock, since ours reads several files at a time: let nothing else
run. The study keeps its pictures in memory; ours writes them to disk, which is part of its seconds.
FOLDER keeps the files (1 GB) and what is made of them (4 GB); a temporary one by default.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from cosmic_lib import store
from cosmic_lib.studies.galaxies import pictures, sample
from cosmic_lib.studies.galaxies.tables import HART, MAPPING

SIDE, SIZE, DRAWN = 424, 140, 200
QUALITY = 77
"""Of the jpegs, so that they have as many bytes as those of Galaxy Zoo 2: 3.4 GB in 243,434 files."""
MEGABYTE = 2**20


def study_way(folder: Path, table: pd.DataFrame) -> np.ndarray:
    """The study's loop as it ran (lines 282 to 300): all pictures in one list."""
    found = []
    for _, row in table.iterrows():
        picture = cv2.imread(str(folder / row["asset_id"]))
        if picture is not None:
            found.append(cv2.resize(picture, (SIZE, SIZE)))
    return np.array(found)


def our_way(folder: Path, table: pd.DataFrame) -> np.ndarray:
    return pictures.read_all([folder / name for name in table["asset_id"]], names=["pictures"], size=SIZE).arrays[
        "pictures"
    ]


def write_many(root: Path, number: int) -> pd.DataFrame:
    """Files in the layout of Galaxy Zoo 2: drawn galaxies, turned, mirrored and moved so that no two are the same."""
    folder = root / "images"
    if (root / MAPPING).exists():
        return pd.read_csv(root / MAPPING)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = sample.write_sample(root / "drawn", galaxies=DRAWN, artefacts=0, side=SIDE)
    galaxies = [cv2.imread(str(path)) for path in sorted(drawn.glob("images/*.jpg"))]

    def write(name: int) -> None:
        rng = np.random.default_rng(name)
        picture = np.rot90(galaxies[name % len(galaxies)], rng.integers(4))
        picture = np.roll(picture[:, :: rng.choice([1, -1])], rng.integers(-12, 13, size=2), axis=(0, 1))
        cv2.imwrite(str(folder / f"{name}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])

    with ThreadPoolExecutor(store.threads()) as pool:
        list(pool.map(write, range(number)))
    ids = [f"5877229817{name:08d}" for name in range(number)]
    spiral = np.random.default_rng(0).random(number) < 0.585
    pd.DataFrame({"dr7objid": ids, "gz2_class": np.where(spiral, "Sc", "Er")}).to_csv(root / HART, index=False)
    mapping = pd.DataFrame({"objid": ids, "sample": "original", "asset_id": range(number)})
    mapping.to_csv(root / MAPPING, index=False)
    return mapping


def side_by_side(root: Path, mapping: pd.DataFrame, block: int) -> None:
    """Both ways on one block of files after the other."""
    table = mapping.assign(asset_id=mapping["asset_id"].astype(str) + ".jpg")
    folder, ratios, apart = root / "images", [], []
    for way in (study_way, our_way):
        way(folder, table.tail(10))  # imports
    for first in range(0, len(table), block):
        part, seconds, found = table[first : first + block], [], []
        for way in (study_way, our_way):
            start = time.perf_counter()
            found.append(way(folder, part))
            seconds.append(time.perf_counter() - start)
        theirs, ours = found[0][..., ::-1].astype(float), found[1].astype(float)
        apart.append(np.abs(theirs - ours).mean())
        ratios.append(seconds[0] / seconds[1])
        print(f"{len(part) / seconds[0]:6.0f} files a second in the study's way, {len(part) / seconds[1]:6.0f} in ours")
    print(
        f"ratio {statistics.median(ratios):.2f}, median of {len(ratios)} blocks ({min(ratios):.2f} to "
        f"{max(ratios):.2f}), {store.threads()} threads; colours are {np.mean(apart):.1f} of 255 apart on average, as "
        "ours averages pixels"
    )


def train(root: Path) -> None:
    """Decode all files of a folder and train the final network for an epoch; say how much memory that takes."""
    from cosmic_lib import experiment, reproduce
    from cosmic_lib.studies.galaxies import STUDY

    start = time.perf_counter()
    data = STUDY.load("real", root)
    decoded = time.perf_counter()
    row, runs = STUDY.diary["model_10"], store.home() / "runs"
    table = reproduce.split_table(data, runs)
    experiment.run(row, data.view("pictures"), table, "honest", seed=0, runs=runs, epochs=1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else MEGABYTE)
    held = len(data.items) * SIZE * SIZE * 3 * 4 / MEGABYTE
    print(
        f"{len(data.items):,} pictures: {decoded - start:.0f} s to decode, {time.perf_counter() - decoded:.0f} s to "
        f"train and predict; at most {peak:,.0f} MB of memory, where the study's array alone takes {held:,.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--block", type=int, default=500)
    parser.add_argument("--many", type=int, default=70_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.train:
        return train(asked.train)
    with tempfile.TemporaryDirectory() as temporary:
        place = asked.folder or Path(temporary)
        os.environ["COSMIC_HOME"] = str(place / "home")
        root = place / f"galaxies-{asked.many}"
        mapping = write_many(root, asked.many)
        # First, because a process is told the most memory that the one which started it has had until then as its own.
        subprocess.run([sys.executable, __file__, "--train", str(root)], check=True)
        side_by_side(root, mapping.head(asked.files), asked.block)
    return None


if __name__ == "__main__":
    main()
