"""Can this machine run the studies? One line per check, and for each that fails what to do about it.

    cosmic doctor [--check-gpu]                        once the package is installed
    python3 cosmic_lib/doctor.py --before-install      before that, with the standard library alone

`make` runs the second line with whatever Python it finds. So this file keeps to the syntax of Python 3.6 and imports
nothing but the standard library at its top: an old Python gets the message, not a SyntaxError.
"""

import argparse
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from typing import NamedTuple

OLDEST, NEWEST = (3, 11), (3, 13)
"""Python versions that this package and TensorFlow both run on; setup.cfg says the same."""

GIGABYTE = 10**9
SPACE_TO_INSTALL = 4 * GIGABYTE
"""The installed packages take 3 GB, and pip unpacks what it downloads beside them."""
SPACE_TO_RUN = 1 * GIGABYTE
"""The sample data of a study take a fifth of this, its features and results less; the rest is reserve."""

REINSTALL = "remove the folder .venv, then: make setup (on Windows: docs/troubleshooting.md)"


class Check(NamedTuple):
    """What one check found.

    Args:
        name: what was looked at.
        ok: whether it will do.
        detail: what was found.
        remedy: what to do if it will not do.
    """

    name: str
    ok: bool
    detail: str
    remedy: str

    def __str__(self):
        if self.ok:
            return f"[OK] {self.name}: {self.detail}"
        return f"[FAIL] {self.name}: {self.detail}. Remedy: {self.remedy}"


def before_install() -> "list[Check]":
    """Check what an installation needs, before anything is downloaded."""
    return [python(), pip_and_venv(), disk(".", SPACE_TO_INSTALL)]


def checks(*, check_gpu: bool = False) -> "list[Check]":
    """Check everything that a study needs.

    Args:
        check_gpu: also demand a GPU.

    Returns:
        One check each for Python, packages, device, disk, write access and learning.
    """
    return [
        python(),
        _survive("packages", packages),
        _survive("device", lambda: device(check_gpu=check_gpu)),
        _survive("disk", lambda: disk(_home(), SPACE_TO_RUN)),
        _survive("write access", lambda: write_access(_home())),
        _survive("learning", learning),
    ]


def show(found: "list[Check]") -> int:
    """Print one line per check.

    Returns:
        Exit code: 1 if any check failed, else 0.
    """
    for check in found:
        print(check)
    return int(not all(check.ok for check in found))


def python() -> Check:
    """Is this a Python that the package runs on?"""
    allowed = " to ".join(f"{major}.{minor}" for major, minor in (OLDEST, NEWEST))
    found = ".".join(map(str, sys.version_info[:3]))
    return Check(
        "Python",
        OLDEST <= tuple(sys.version_info[:2]) <= NEWEST,
        f"{found} on {platform.system()} {platform.machine()}, {allowed} needed",
        "install one of these and name it: make PYTHON=python3.12 setup (on Windows: py -3.12 -m venv .venv)",
    )


def pip_and_venv() -> Check:
    """Can this Python make a virtual environment with pip in it?"""
    missing = [module for module in ("venv", "ensurepip") if importlib.util.find_spec(module) is None]
    return Check(
        "pip and venv",
        not missing,
        f"missing: {' and '.join(missing)}" if missing else "there",
        "install them (on Debian and Ubuntu: sudo apt install python3-venv), or name another Python: "
        "make PYTHON=python3.12 setup",
    )


def disk(folder: str, needed: int) -> Check:
    """Is there enough space in a folder, or where it will be made?

    Args:
        folder: need not exist yet.
        needed: bytes.
    """
    free = shutil.disk_usage(_existing(folder)).free
    return Check(
        "disk",
        free >= needed,
        f"{free / GIGABYTE:.1f} GB free in {os.path.abspath(folder)}, {needed / GIGABYTE:.0f} GB needed",
        "free some space, or work on a larger disk; once installed, COSMIC_HOME may name a folder on another disk",
    )


def packages() -> Check:
    """Are the packages installed in the versions that this package was tested with?"""
    from importlib.metadata import PackageNotFoundError, requires, version

    from packaging.requirements import Requirement

    needed = [Requirement(line) for line in requires("cosmic_lib") or ()]
    needed = [one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    there, wrong, wanted = [f"cosmic_lib {version('cosmic_lib')}"], [], []
    for one in needed:
        try:
            installed = version(one.name)
        except PackageNotFoundError:
            problem = f"{one.name} is missing"
        else:
            there.append(f"{one.name} {installed}")
            if one.specifier.contains(installed, prereleases=True):
                continue
            problem = f"{one.name} {installed} is not {one.specifier}"
        wrong.append(problem)
        wanted.append(f'"{one.name}{one.specifier}"')
    if not needed:  # nothing would be checked
        return Check("packages", False, "the installed cosmic_lib does not say what it needs", REINSTALL)
    install = f"{sys.executable} -m pip install {' '.join(wanted)}"
    return Check("packages", not wrong, ", ".join(wrong or there), install)


def device(*, check_gpu: bool = False) -> Check:
    """What does Keras train on?

    Args:
        check_gpu: fail where it is not a GPU.
    """
    from cosmic_lib import experiment  # isort: skip  (it quietens TensorFlow, so it comes before Keras)
    import keras

    gpus = keras.distribution.list_devices("gpu")
    return Check(
        "device",
        bool(gpus) or not check_gpu,
        f"{keras.backend.backend()} on {experiment.device()}" + (", no GPU" if check_gpu and not gpus else ""),
        f'{sys.executable} -m pip install -e ".[gpu]" -c constraints.txt, on Linux or in WSL2 on Windows; '
        "nvidia-smi has to list the GPU; everything also runs without one",
    )


def write_access(folder: str) -> Check:
    """Can files be written in a folder, or where it will be made?"""
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            problem = ""
    except OSError as error:
        problem = f" ({error.strerror})"
    return Check(
        "write access",
        not problem,
        os.path.abspath(folder) + problem,
        "work in a folder of your own, or let COSMIC_HOME name one that you may write to",
    )


def learning() -> Check:
    """Does a small network learn what any network can: which side of a line a point lies on?"""
    import numpy as np

    from cosmic_lib import pipeline  # isort: skip  (it quietens TensorFlow, so it comes before Keras)
    import keras

    pipeline.set_up(seed=0)
    points = np.random.default_rng(0).normal(size=(512, 2)).astype(np.float32)
    labels = (points.sum(axis=1) > 0).astype(np.int64)
    network = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(2, activation="softmax")])
    network.compile(keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    before = network.evaluate(points, labels, verbose=0)
    network.fit(pipeline.batches(points, labels, shuffle_seed=0), epochs=10, shuffle=False, verbose=0)
    after = network.evaluate(points, labels, verbose=0)
    return Check("learning", after < before / 2, f"loss from {before:.2f} to {after:.2f} in 10 epochs", REINSTALL)


def _survive(name: str, check) -> Check:
    """Run a check; a broken installation may fail in any way, and the other checks are wanted all the same."""
    try:
        return check()
    except Exception as error:
        first_line = (str(error).strip().splitlines() or [""])[0]
        return Check(name, False, f"{type(error).__name__}: {first_line}", REINSTALL)


def _home() -> str:
    from cosmic_lib import store

    return str(store.home())


def _existing(folder: str) -> str:
    """The folder, or the nearest one above it that exists."""
    folder = os.path.abspath(folder)
    while not os.path.exists(folder):
        folder = os.path.dirname(folder)
    return folder


def main() -> int:
    """Run as a script; see the top of this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before-install", action="store_true", help="check only what an installation needs")
    return show(before_install() if parser.parse_args().before_install else checks())


if __name__ == "__main__":
    sys.exit(main())
