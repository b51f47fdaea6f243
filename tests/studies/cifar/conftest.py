"""A small sample of CIFAR-10, in the layouts that it comes in."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from cosmic_lib.studies.cifar import data, sample


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """A small sample, in the publisher's layout; do not write to it."""
    return sample.write_sample(tmp_path_factory.mktemp("sample"), per_class=10)


@pytest.fixture
def copied(published, tmp_path) -> Path:
    """The same to write to: the folder of the batches."""
    return shutil.copytree(published / "cifar-10-batches-py", tmp_path / "cifar" / "cifar-10-batches-py")


def write_tree(folder: Path, loaded, kind: str = "png") -> Path:
    """The pictures of some data as files, in a folder per part and class."""
    for row, (label, part) in enumerate(zip(loaded.items["label"], loaded.items["official"], strict=True)):
        path = folder / part / label / f"{row:04d}.{kind}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(loaded.arrays["colour"][row]).save(path)
    return folder


@pytest.fixture(scope="module")
def tree(published, tmp_path_factory) -> Path:
    """The same pictures as files, as an image tree; do not write to it."""
    return write_tree(tmp_path_factory.mktemp("tree"), data.load("real", published, inputs=("colour",)))


@pytest.fixture
def own_tree(tree, tmp_path) -> Path:
    return shutil.copytree(tree, tmp_path / "tree")


@pytest.fixture
def packed() -> Callable[..., Path]:
    """`packed(folder, path, above="")` packs the files of a folder, by the end of the path, and returns it."""
    return _packed


def _packed(folder: Path, path: Path, above: str = "") -> Path:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as opened:
            for file in files:
                opened.write(file, above + file.relative_to(folder).as_posix())
    else:
        with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as opened:
            for file in files:
                opened.add(file, above + file.relative_to(folder).as_posix())
    return path
