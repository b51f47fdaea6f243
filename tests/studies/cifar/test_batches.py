"""Pickled batches: those of the publisher and of the study are read, and nothing in a hostile one runs."""

from __future__ import annotations

import os
import pickle
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cosmic_lib.studies.cifar import batches
from cosmic_lib.studies.cifar.batches import CLASSES, BatchError

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, size=(4, 3072), dtype=np.uint8)
LABELS = [3, 0, 9, 3]


def short(text: bytes) -> bytes:
    return b"U" + bytes([len(text)]) + text


def as_published(pixels: np.ndarray, labels: list[int]) -> bytes:
    """What Python 2 wrote, in which every text is bytes."""
    kind = (
        b"cnumpy\ndtype\n" + short(b"u1") + b"K\x00K\x01\x87R(K\x03" + short(b"|") + b"NNN" + b"J\xff\xff\xff\xff" * 2
    )
    shape = b"J" + struct.pack("<i", pixels.shape[0]) + b"J" + struct.pack("<i", pixels.shape[1]) + b"\x86"
    made = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85" + short(b"b") + b"\x87R"
    raw = b"T" + struct.pack("<i", pixels.nbytes) + pixels.tobytes()
    array = made + b"(K\x01" + shape + kind + b"K\x00tb" + b"\x89" + raw + b"tb"
    listed = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}(" + short(b"data") + array + short(b"labels") + listed + b"u."


def table(**changes) -> dict:
    whole = {"data": PIXELS, "labels": LABELS, "filenames": [b"a.png"] * 4} | changes
    return {name.encode(): value for name, value in whole.items() if value is not None}


@pytest.mark.parametrize("protocol", range(2, 6))
def test_batches_are_read_whoever_wrote_them(protocol):
    published = as_published(PIXELS, LABELS)
    np.testing.assert_array_equal(pickle.loads(published, encoding="bytes")[b"data"], PIXELS)
    arrays = pickle.dumps(table(labels=np.array(LABELS, dtype=">i4")), protocol=protocol)
    columns_first = pickle.dumps(table(data=np.asfortranarray(PIXELS)), protocol=protocol)
    for content in (published, pickle.dumps(table(), protocol=protocol), arrays, columns_first):
        batch = batches.read(content, "data_batch_1")
        np.testing.assert_array_equal(batch.pixels, PIXELS)
        assert batch.labels.tolist() == LABELS


def test_planar_rows_become_pictures():
    row = np.repeat(np.array([10, 20, 30], dtype=np.uint8), 1024)
    row[1024 + 2 * 32 + 5] = 99  # green, third line, sixth column
    picture = batches.read(as_published(row[np.newaxis], [0]), "x").pictures[0]
    assert picture.shape == (32, 32, 3)
    assert picture[0, 0].tolist() == [10, 20, 30]
    assert picture[2, 5].tolist() == [10, 99, 30]


class Hostile:
    """Asks a pickle to call something."""

    def __init__(self, called, *args):
        self.call = (called, args)

    def __reduce__(self):
        return self.call


def hostile(marker: Path) -> dict[str, object]:
    return {
        "os.mkdir": Hostile(os.mkdir, str(marker)),
        "os.system": Hostile(os.system, f"mkdir {marker}"),
        "eval": Hostile(eval, f"__import__('os').mkdir({str(marker)!r})"),
        "exec": Hostile(exec, f"import os; os.mkdir({str(marker)!r})"),
        "getattr": Hostile(Hostile(getattr, marker, "mkdir").call[0], marker, "mkdir"),
        "import": Hostile(__import__, "os"),
        "numpy.load": Hostile(np.load, str(marker), None, True),
        "numpy.fromfile": Hostile(np.fromfile, str(marker)),
        "read_pickle": Hostile(pd.read_pickle, str(marker)),
        "pandas eval": Hostile(pd.eval, "1"),
        "bytearray": Hostile(bytearray, 10),
    }


@pytest.mark.parametrize("reader", [batches.read, batches.read_grey, batches.check_names])
@pytest.mark.parametrize("name", hostile(Path()))
def test_hostile_pickles_are_refused_and_nothing_runs(tmp_path, reader, name):
    marker = tmp_path / "made"
    for protocol in range(6):
        content = pickle.dumps({b"data": PIXELS[:1], b"labels": [hostile(marker)[name]]}, protocol=protocol)
        with pytest.raises(BatchError, match=r"^data_batch_1: asks for .*nothing in it was run; get the file"):
            reader(content, "data_batch_1")
        assert not marker.exists()
    if name in ("os.mkdir", "eval", "exec"):
        pickle.loads(content)
        assert marker.exists(), "so that the test is one"


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.",  # an attribute of what is allowed
        b"\x80\x04\x8c\x06pandas\x8c\x0cio.os.system\x93.",
        b"\x80\x02cnumpy\nndarray\n}b.",  # a state for the class itself
        b"\x80\x02cnumpy\nndarray\n)\x81}Mx\x01K\x01s.",  # not even a value
        b"\x80\x02Pname\n.",  # a persistent id
        b"\x80\x02\x82\x01.",  # an entry of the registry of extensions
        b"(ios\nsystem\nS'true'\no.",
        b"(S'true'\nios\nsystem\n.",
        b"",
        b"garbage",
        b"\x80\x05.",
    ],
)
def test_other_ways_to_call_are_refused(content):
    with pytest.raises(BatchError, match=r"^here: .*; get the file"):
        batches.read(content, "here")


@pytest.mark.parametrize(
    ("content", "step"),
    [(b"\x80\x02Pname\n.", "PERSID"), (b"(ios\nsystem\n.", "INST"), (b"\x80\x02\x82\x01.", "EXT1")],
    ids=["persistent id", "call", "extension"],
)
def test_steps_that_no_batch_needs_are_refused(content, step):
    with pytest.raises(BatchError, match=rf"^here: takes the step {step}, which no batch needs"):
        batches.read(content, "here")


MUCH = 80 * 2**20
BOMBS = {
    "place of a value": b"\x80\x02Nr" + struct.pack("<I", MUCH // 16) + b".",
    "bytes": b"\x80\x04\x8e" + struct.pack("<Q", MUCH) + b".",
    "bytearray": b"\x80\x05\x96" + struct.pack("<Q", MUCH) + b".",
    "frame": b"\x80\x04\x95" + struct.pack("<Q", MUCH) + b".",
    "text": b"\x80\x02X" + struct.pack("<I", MUCH) + b".",
    "nesting": b"\x80\x02)" + b"\x85" * 2000 + b".",
    "an array": b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nJ"
    + struct.pack("<i", MUCH) + b"\x85U\x01b\x87R.",
    "a kind of value": b"\x80\x02cnumpy\ndtype\nU\x09V83886080K\x00K\x01\x87R.",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_few_bytes_cannot_take_much_memory(name):
    tracemalloc.start()
    try:
        with pytest.raises(BatchError):
            batches.read(BOMBS[name], "here")
        assert tracemalloc.get_traced_memory()[1] < 5 * 2**20
    finally:
        tracemalloc.stop()


def test_a_number_that_is_no_number_of_a_value_is_refused():
    with pytest.raises(BatchError, match="an absurd number"):
        batches.read(BOMBS["place of a value"], "here")
    with pytest.raises(BatchError, match="nests values"):
        batches.read(BOMBS["nesting"], "here")


def test_large_files_are_refused(monkeypatch):
    monkeypatch.setattr(batches, "LARGEST", 1000)
    with pytest.raises(BatchError, match=r"no batch has over 1,000"):
        batches.read(as_published(PIXELS, LABELS), "here")


def test_batches_that_break_off_are_refused():
    content = as_published(PIXELS[:1], [3])
    for end in range(len(content)):
        with pytest.raises(BatchError, match=r"^here: cut off, or not a pickle .*; get the file from its publisher"):
            batches.read(content[:end], "here")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": None}, "it has no data, only filenames, labels"),
        ({"labels": None}, "it has no labels"),
        ({"data": PIXELS[:, :-1]}, r"shape \(4, 3071\)"),
        ({"data": PIXELS[0]}, r"shape \(3072,\)"),
        ({"data": PIXELS[:0], "labels": []}, r"shape \(0, 3072\)"),
        ({"data": PIXELS.astype(float)}, "its data are float64"),
        ({"data": PIXELS.astype("S1")}, "its values are of kind 'S1'"),
        ({"data": PIXELS.astype(object)}, "its data are object"),
        ({"data": [1, 2]}, "a list where an array is wanted"),
        ({"labels": LABELS[:-1]}, "4 pictures and 3 labels"),
        ({"labels": [0, 1, 2, 10]}, "one label is 10"),
        ({"labels": [0, 1, 2, -1]}, "one label is -1"),
        ({"labels": [0, 1, 2, 1.5]}, "one label is 1.5"),
        ({"labels": [0, 1, 2, "fish"]}, "one label is 'fish'"),
        ({"labels": [0, 1, 2, [1]]}, "one label is a list"),
        ({"labels": None, "fine_labels": [1]}, "it has no labels, only data, filenames, fine_labels"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_layouts_are_refused(changes, message):
    with pytest.raises(BatchError, match=rf"^data_batch_2: not in the layout of a batch: .*{message}.*; get the file"):
        batches.read(pickle.dumps(table(**changes), protocol=4), "data_batch_2")


def test_what_is_no_dict_is_refused():
    with pytest.raises(BatchError, match="it holds no dict"):
        batches.read(pickle.dumps([1, 2]), "here")


def grey_frame(kind: str, labels: list, names: type = str) -> pd.DataFrame:
    frame = pd.DataFrame(PIXELS[:, :1024].astype(kind), columns=[names(number) for number in range(1024)])
    return frame.assign(label=labels)


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize(
    "frame",
    [
        grey_frame("float64", LABELS),
        grey_frame("int64", LABELS),  # pixels and labels may then be of one block
        grey_frame("int64", LABELS).copy(),
        grey_frame("uint8", LABELS, int),
        grey_frame("float32", [CLASSES[label] for label in LABELS]),
        grey_frame("int64", np.array([CLASSES[label] for label in LABELS], dtype=object)),
        grey_frame("int64", LABELS).set_index(pd.Index([7, 1, 9, 4])),
    ],
    ids=["float", "int", "consolidated", "bytes", "names", "objects", "index"],
)
def test_grey_tables_are_read(frame, protocol):
    batch = batches.read_grey(pickle.dumps(frame, protocol=protocol), "train_batch1.pkl")
    np.testing.assert_array_equal(batch.pixels, PIXELS[:, :1024])
    assert batch.labels.tolist() == LABELS
    assert batch.pictures.shape == (4, 32, 32, 1)
    np.testing.assert_array_equal(batch.pictures[2].ravel(), PIXELS[2, :1024])


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (grey_frame("float64", LABELS).iloc[:, 1:], "1024 columns, and 1,025 are wanted"),
        (grey_frame("float64", LABELS) / 255, "column 0 holds other values"),
        (grey_frame("float64", LABELS).replace({"5": {PIXELS[1, 5]: np.nan}}), "column 5 holds other values"),
        (grey_frame("int64", LABELS) + 1000, "column 0 holds other values"),
        (grey_frame("int64", [0, 1, 2, 77]), "one label is 77"),
        (pd.Series([1, 2]), "asks for pandas"),
        ({"label": [1]}, "not in the layout"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_tables_are_refused(frame, message):
    with pytest.raises(BatchError, match=rf"^train_batch1.pkl: .*{message}.*"):
        batches.read_grey(pickle.dumps(frame, protocol=5), "train_batch1.pkl")


def test_the_names_of_the_classes_are_checked():
    batches.check_names(pickle.dumps({b"label_names": [name.encode() for name in CLASSES]}, protocol=2), "batches.meta")
    for names in ([b"apple", b"aquarium fish"], [name.encode() for name in reversed(CLASSES)]):
        with pytest.raises(BatchError, match=r"batches.meta: .*it names the classes"):
            batches.check_names(pickle.dumps({b"label_names": names}, protocol=2), "batches.meta")
