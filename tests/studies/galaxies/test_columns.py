"""Tables are read whatever program wrote them; refused are those that are none, lack a column, or hold rounded ids."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmic_lib.studies.galaxies import columns
from cosmic_lib.studies.galaxies.columns import TableError

IDS = [587722981736120347, 587722981736579107, 587722981741363294, 587722981741363323, 587722981741559888]
NEEDED = {"group": ("dr7objid", "objid"), "class": ("gz2_class",)}


@pytest.fixture
def table(tmp_path):
    """`table(ids)` writes one, `table(content=...)` writes anything."""

    def write(ids=IDS, content=None):
        path = tmp_path / "table.csv"
        if content is None:
            pd.DataFrame({"dr7objid": ids, "gz2_class": "Sb", "other": 1.5}).to_csv(path, index=False)
        else:
            path.write_bytes(content)
        return path

    return write


def test_ids_keep_all_their_digits(table):
    read = columns.read_with_ids(table(), NEEDED, strangers=[])
    assert read["group"].tolist() == [str(one) for one in IDS]
    assert list(read) == ["group", "class"]


FLOATS = {
    "written by pandas": [float(one) for one in IDS],
    "with a point": [f"{float(one):.1f}" for one in IDS],
    "rounded, then made whole": [int(float(one)) for one in IDS],
    "saved by a spreadsheet": [one // 1000 * 1000 for one in IDS],
    "shown by a spreadsheet": [f"{one / 1e17:.6f}E+17" for one in IDS],
    "shown by one with commas": [f"{one / 1e17:.6f}E+17".replace(".", ",") for one in IDS],
    "one of many": [*IDS, "5.877e+17"],
}


@pytest.mark.parametrize("ids", FLOATS.values(), ids=FLOATS)
def test_ids_that_were_floats_are_refused_with_an_example_and_a_remedy(table, ids):
    path = table(ids)
    with pytest.raises(TableError) as caught:
        columns.read_with_ids(path, NEEDED, strangers=[])
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "text or int64" in message
    assert any(str(one) in message for one in ids)


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(1, 2**53) | st.integers(1, 2**43).map(lambda one: 1000 * one), min_size=1, max_size=8))
def test_short_ids_are_never_taken_for_floats(tmp_path_factory, ids):
    path = tmp_path_factory.getbasetemp() / "short.csv"
    path.write_text("objid,gz2_class\n" + "".join(f"{one},Sb\n" for one in sorted(ids)))
    assert columns.read_with_ids(path, NEEDED, strangers=[])["group"].tolist() == [str(one) for one in sorted(ids)]


def test_a_few_ids_may_look_rounded_by_chance(table):
    ids = [587722981736120000, 587722981736579000, 587722981741363000]
    assert len(columns.read_with_ids(table(ids), NEEDED, strangers=[])) == 3
    with pytest.raises(TableError):
        columns.read_with_ids(table([*ids, 587722981741559000]), NEEDED, strangers=[])


def test_rows_without_an_id_are_listed(table):
    strangers = []
    read = columns.read_with_ids(table([*IDS[:2], "", "unknown", "9" * 25]), NEEDED, strangers=strangers)
    assert read["group"].tolist() == [str(one) for one in IDS[:2]]
    assert [file for file, _ in strangers] == ["table.csv: row 3", "table.csv: row 4", "table.csv: row 5"]
    assert "'unknown'" in strangers[1][1]


def test_a_missing_column_is_named_with_those_that_are_there(table):
    content = ("dr7objid," + ",".join(f"t{number}" for number in range(230)) + "\n").encode()
    with pytest.raises(TableError, match=r"has no column gz2_class, only dr7objid, t0, .* and 211 more"):
        columns.read(table(content=content), NEEDED)
    with pytest.raises(TableError, match=r"has no column dr7objid or objid, only gz2_class"):
        columns.read(table(content=b"gz2_class\nSb\n"), NEEDED)
    assert list(columns.read(table(), NEEDED, {"voters": ("total_votes",), "more": ("other",)})) == [*NEEDED, "more"]


BROKEN = {
    "empty": b"",
    "blank": b"\n\n",
    "zeros": bytes(3000),
    "binary": bytes(range(256)) * 20,
    "another encoding": "dr7objid,gz2_class\n1,Sb\n".encode("utf-16"),
    "not closed": b'dr7objid,gz2_class\n1,"Sb\n',
    "binary below": b"dr7objid,gz2_class\n1,Sb\n" + bytes(range(128, 256)),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_table_is_refused(table, content):
    path = table(content=content)
    with pytest.raises(TableError) as caught:
        columns.read(path, NEEDED)
    assert str(caught.value).startswith(f"{path}: not a table of text (")
    assert "export it as CSV" in str(caught.value)


def test_a_web_page_is_no_table(table):
    with pytest.raises(TableError, match="has no column"):
        columns.read(table(content=b"<!DOCTYPE html>\n<html><body>Not found</body></html>\n"), NEEDED)


def test_one_row_per_galaxy():
    rows = [("1", "Sb"), ("2", "Ei"), ("1", "Sb"), ("2", "Sb"), ("3", "A"), ("1", "Sb")]
    strangers: list[tuple[str, str]] = []
    table = columns.single(pd.DataFrame(rows, columns=["group", "class"]), "t.csv", strangers)
    assert table["group"].tolist() == ["1", "3"]
    assert strangers == [
        ("t.csv: 1", "equal rows count once"),
        ("t.csv: 2", "rows that contradict each other (Ei, Sb); none is used"),
    ]
