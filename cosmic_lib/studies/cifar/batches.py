"""CIFAR-10's pickled batches, and the study's grey ones, read so that nothing in them can run.

A pickle is a program that names what it wants called. Here it is first read through without running it: every step has
to be one that plain values and arrays need, and no longer than the file. Then each name in it stands for a record of
what it was given (`_Given`). Nothing of numpy or pandas is called by the pickle, and arrays are made afterwards, from
what the records say.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import pickletools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
"""In the publisher's order, which is also that of the alphabet; a label is a place in it."""

TRAINING = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST = "test_batch"
META = "batches.meta"
GREY_TRAINING = tuple(f"train_batch{number}.pkl" for number in range(1, 6))
GREY_TEST = "test_batch1.pkl"

SIDE = 32
LARGEST = 128 * 2**20
"""Bytes of the largest file that is read; a batch has 31 MB, a grey one 82 MB with eight bytes for a number."""

REMEDY = "get the file from its publisher again"

_NAMES = {
    "numpy.ndarray", "numpy.dtype", "numpy.core.multiarray._reconstruct", "numpy.core.numeric._frombuffer",
    "_codecs.encode", "builtins.slice", "__builtin__.slice",
    "pandas.DataFrame", "pandas.core.frame.DataFrame", "pandas.core.internals.managers.BlockManager",
    "pandas._libs.internals._unpickle_block", "pandas._libs.arrays.__pyx_unpickle_NDArrayBacked",
    "pandas.Index", "pandas.RangeIndex", "pandas.core.indexes.base.Index", "pandas.core.indexes.base._new_Index",
    "pandas.core.indexes.range.RangeIndex", "pandas.core.indexes.numeric.Int64Index", "pandas.StringDtype",
    "pandas.core.arrays.string_.StringDtype", "pandas.arrays.StringArray", "pandas.core.arrays.string_.StringArray",
    "pandas.core.arrays.string_.StringArrayNumpySemantics",
}  # fmt: skip
_STEPS = {
    "PROTO", "FRAME", "STOP", "MARK", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT", "GET", "BINGET", "LONG_BINGET",
    "NONE", "NEWTRUE", "NEWFALSE", "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE",
    "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "EMPTY_LIST", "LIST", "APPEND", "APPENDS", "EMPTY_TUPLE",
    "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_DICT", "DICT", "SETITEM", "SETITEMS", "GLOBAL", "STACK_GLOBAL",
    "REDUCE", "NEWOBJ", "BUILD",
}  # fmt: skip
_MOST_NESTED = 1000
"""Steps of a kind that can nest values in one another; a batch has a hundred."""
_KINDS = {"u1", "u2", "u4", "i1", "i2", "i4", "i8", "f4", "f8"}


class BatchError(ValueError):
    """A batch that is damaged, hostile or of another layout; the message names the file and what to do."""


@dataclass(frozen=True)
class Batch:
    """Pictures of one file.

    Args:
        pixels: uint8, shape (pictures, 3072), all of red, then green, then blue; or (pictures, 1024) where grey.
        labels: int64, shape (pictures,), places in `CLASSES`.
    """

    pixels: np.ndarray
    labels: np.ndarray

    @property
    def pictures(self) -> np.ndarray:
        """Height x width x channels: uint8, shape (pictures, 32, 32, 3), or (pictures, 32, 32, 1)."""
        return self.pixels.reshape(len(self.pixels), -1, SIDE, SIDE).transpose(0, 2, 3, 1)


def read(content: bytes, where: str) -> Batch:
    """Read one of the publisher's batches.

    Args:
        content: of the file.
        where: its name, for errors.

    Raises:
        BatchError: it is damaged, of another layout, or asks for anything that a batch does not need.
    """
    table = _load(content, where)
    with _layout(where):
        if not isinstance(table, dict):
            raise ValueError("it holds no dict")
        known = {_text(key): value for key, value in table.items()}
        missing = {"data", "labels"} - known.keys()
        if missing:
            raise ValueError(f"it has no {' and no '.join(sorted(missing))}, only {', '.join(sorted(known))}")
        pixels = _array(known["data"])
        if pixels.dtype != np.uint8:
            raise ValueError(f"its data are {pixels.dtype}, and bytes (uint8) are wanted")
        return _checked(pixels, known["labels"], 3 * SIDE * SIDE)


def read_grey(content: bytes, where: str) -> Batch:
    """Read one of the grey batches of the study: a pickled table, 1,024 columns of pixels and the label last.

    Args:
        content: of the file, as pandas writes it since 1.3.
        where: its name, for errors.

    Raises:
        BatchError: it is damaged, of another layout, or asks for anything that a table of numbers does not need.

    Source study: cifar, lines 80 to 121.
    """
    frame = _load(content, where)
    with _layout(where):
        columns = dict(_columns(frame))
        width = SIDE * SIDE
        if sorted(columns) != list(range(width + 1)):
            raise ValueError(f"it has {len(columns)} columns, and {width + 1:,} are wanted, the label last")
        pixels = np.empty((len(columns[0]), width), dtype=np.uint8)
        for column in range(width):
            values = columns[column]
            if values.dtype == object or not ((values >= 0) & (values <= 255) & (values == np.floor(values))).all():
                raise ValueError(f"column {column} holds other values than whole numbers from 0 to 255")
            pixels[:, column] = values
        return _checked(pixels, columns[width].tolist(), width)


def check_names(content: bytes, where: str) -> None:
    """Check that `batches.meta` names the ten classes of CIFAR-10, in order.

    Raises:
        BatchError: it cannot be read, or names others.
    """
    table = _load(content, where)
    with _layout(where):
        names = [_text(name) for name in {_text(key): value for key, value in table.items()}["label_names"]]
        if tuple(names) != CLASSES:
            raise ValueError(f"it names the classes {', '.join(names)}; those of CIFAR-10 are {', '.join(CLASSES)}")


def _checked(pixels: np.ndarray, labels: Any, width: int) -> Batch:
    if pixels.ndim != 2 or pixels.shape[1] != width or not len(pixels):
        raise ValueError(f"its pixels have shape {pixels.shape}, and (pictures, {width:,}) is wanted")
    values = labels if isinstance(labels, list) else _array(labels).tolist()
    names = {name: place for place, text in enumerate(CLASSES) for name in (text, text.encode())}
    places = [names.get(label, label) if isinstance(label, str | bytes) else label for label in values]
    if len(places) != len(pixels):
        raise ValueError(f"it has {len(pixels)} pictures and {len(places)} labels")
    for place in places:
        if not isinstance(place, int | float) or place not in range(len(CLASSES)):
            shown = repr(place)[:40] if isinstance(place, int | float | str | bytes) else f"a {type(place).__name__}"
            raise ValueError(f"one label is {shown}, and 0 to {len(CLASSES) - 1} are wanted")
    return Batch(pixels, np.array(places, dtype=np.int64))


class _Given:
    """What a pickle wants made: the name of it, and what it was given. It is not made."""

    name = ""
    args: tuple = ()
    state: Any = None

    def __new__(cls, *args: Any) -> _Given:
        made = super().__new__(cls)
        made.args = args
        return made

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type:
        # numpy 2 renamed its numpy.core; either writes what the other reads.
        full = f"{module}.{name}".replace("numpy._core.", "numpy.core.", 1)
        if full not in _NAMES:
            raise _refused(f"asks for {module}.{name}, which no batch needs")
        return type("_Given", (_Given,), {"name": full})


def _refused(reason: str) -> pickle.UnpicklingError:
    return pickle.UnpicklingError(reason)


def _load(content: bytes, where: str) -> Any:
    """The values in a pickle, and a `_Given` for everything that is more than a value."""
    if len(content) > LARGEST:
        raise BatchError(f"{where}: has {len(content):,} bytes, and no batch has over {LARGEST:,}; {REMEDY}")
    try:
        _look_through(content)
        return _Unpickler(io.BytesIO(content), encoding="bytes").load()
    except pickle.UnpicklingError as error:
        raise BatchError(f"{where}: {error}; nothing in it was run; {REMEDY}") from error
    except Exception as error:  # both readers raise a dozen kinds on damaged files
        raise BatchError(f"{where}: cut off, or not a pickle ({_short(error)}); {REMEDY}") from error


def _look_through(content: bytes) -> None:
    """Refuse steps that no batch needs, and those that would take memory beyond the size of the file."""
    nested = 0
    for step, argument, _ in pickletools.genops(content):
        if step.name not in _STEPS:
            raise _refused(f"takes the step {step.name}, which no batch needs")
        if step.name in ("PUT", "BINPUT", "LONG_BINPUT") and int(argument or 0) > len(content):
            raise _refused(f"numbers a value {argument:,}, an absurd number")
        nested += step.name.startswith(("TUPLE", "REDUCE", "NEWOBJ", "BUILD"))
        if nested > _MOST_NESTED:
            raise _refused("nests values beyond what a batch needs")


@contextlib.contextmanager
def _layout(where: str) -> Iterator[None]:
    """Whatever goes wrong in making sense of a file is the file's."""
    try:
        yield
    except Exception as error:
        raise BatchError(f"{where}: not in the layout of a batch: {_short(error)}; {REMEDY}") from error


def _short(error: Exception) -> str:
    return f"{error if type(error) is ValueError else f'{type(error).__name__}: {error}'}"[:200]


def _text(value: Any) -> str:
    return _bytes(value).decode() if not isinstance(value, str) else value


def _bytes(value: Any) -> bytes | bytearray:
    """Bytes, in the three ways they are pickled."""
    if isinstance(value, _Given) and value.name == "_codecs.encode" and value.args[1:] in (("latin1",), ("latin-1",)):
        value = value.args[0].encode("latin1")
    if not isinstance(value, bytes | bytearray):
        raise ValueError(f"it has a {type(value).__name__} where bytes are wanted")
    return value


def _array(given: Any) -> np.ndarray:
    """An array of numbers; one of objects comes as it was listed, and is not nested."""
    if not isinstance(given, _Given):
        raise ValueError(f"it has a {type(given).__name__} where an array is wanted")
    if given.name.endswith("NDArrayBacked"):  # an array of pandas around one of numpy
        return next(_array(one) for one in given.state if getattr(one, "name", "").endswith("_reconstruct"))
    if given.name.endswith("_frombuffer"):
        content, dtype, shape, order = given.args
    else:
        _, shape, dtype, fortran, content = given.state
        order = "F" if fortran else "C"
    kind = _text(dtype.args[0])
    if kind in ("O", "O4", "O8"):
        values = np.empty(len(content), dtype=object)
        values[:] = content
        return values.reshape(shape, order=order)
    if kind not in _KINDS:
        raise ValueError(f"its values are of kind {kind[:20]!r}, and numbers are wanted")
    big = dtype.state is not None and _text(dtype.state[1]) == ">"
    return np.frombuffer(_bytes(content), f"{'>' if big else '<'}{kind}").reshape(shape, order=order)


def _columns(frame: Any) -> Iterator[tuple[int, np.ndarray]]:
    """The columns of a pickled table of pandas, each with its place."""
    for block in frame.state["_mgr"].args[0]:
        values, placement = block.args[:2]
        rows = _array(values)
        rows = rows.reshape(1, -1) if rows.ndim == 1 else rows
        is_slice = getattr(placement, "name", "").endswith("slice")
        places = range(*placement.args) if is_slice else _array(placement).tolist()
        if not len(places) == len(rows) <= SIDE * SIDE + 1:
            raise ValueError(f"it has {len(rows)} columns at {len(places)} places")
        yield from zip(places, rows, strict=True)
