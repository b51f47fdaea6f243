"""The table to correct labels in: what is written comes back, whatever a spreadsheet does, and nothing is lost."""

from __future__ import annotations

import csv

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cosmic_lib import corrections

CLASSES = ("ash", "Elm", "-1")
PART_OF = {"a": "train", "b": "held_out", "c": "validation", "=d": "train", "e": "test", "f": "left_out"}
LABEL_OF = dict(zip(PART_OF, ("ash", "Elm", "ash", "-1", "ash", "ash"), strict=True))
NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1)


def rows(items=tuple("abc"), **columns):
    frame = pd.DataFrame({"item": list(items), "file": "", "label": [LABEL_OF.get(item, "ash") for item in items]})
    return frame.assign(answer="ash", probability=0.5, reason="least certain").assign(**columns)


def read(path, **settings):
    return corrections.read(path, **{"part_of": PART_OF, "label_of": LABEL_OF, "classes": CLASSES} | settings)


def as_user(path, *lines, encoding="utf-8"):
    """A table as somebody typed it."""
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def fill(path, typed, column="corrected"):
    """Write into a table as a spreadsheet does, by item; the item is looked for as it is shown there."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file)
    for line in lines:
        line[header.index(column)] = typed.get(line[0], "")
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows([header, *lines])
    return path


def test_what_is_typed_comes_back_and_empty_rows_change_nothing(tmp_path):
    path = corrections.write(rows(), tmp_path)
    found = read(fill(path, {"a": " elm ", "b": "EXCLUDE"}))
    assert found == corrections.Corrections({"a": "Elm"}, frozenset("b"), frozenset("abc"))


@given(st.lists(NAMES, min_size=1, max_size=5, unique=True))
@example(["=1+1", "'=1+1", "+x", "-x", "@x", "\tx", "\rx", "'", 'a"b', "a,b;c", " a ", "x\ny", "\u2028", "\ufeff"])
def test_any_name_survives_and_none_is_a_formula(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("names")
    frame = rows(names, label="ash", file=names)
    path = corrections.write(frame, folder)
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file)
    assert header == list(corrections.COLUMNS)
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    fill(path, {line[0]: "ash" for line in lines})
    found = read(path, part_of=dict.fromkeys(names, "train"), label_of=dict.fromkeys(names, "ash"))
    assert found.labels == dict.fromkeys(names, "ash")


def test_spreadsheets_know_it_for_what_it_is(tmp_path):
    content = corrections.write(rows(), tmp_path).read_bytes()
    assert content.startswith(b"\xef\xbb\xbfitem,file,label,answer,probability,reason,corrected,note\r\n")


@pytest.mark.parametrize("column", ["corrected", "note"])
def test_what_a_person_wrote_into_is_never_overwritten(column, tmp_path):
    first = fill(corrections.write(rows(), tmp_path), {"a": "ash"}, column)
    kept = first.read_bytes()
    second = corrections.write(rows("bc"), tmp_path)
    assert second.name == "corrections-2.csv" and first.read_bytes() == kept
    assert corrections.write(rows("c"), tmp_path) == second, "one that nobody wrote into is replaced"
    fill(second, {"c": "ash"}, column)
    assert corrections.write(rows("c"), tmp_path).name == "corrections-3.csv"
    assert first.read_bytes() == kept


def test_what_became_something_else_stays_too(tmp_path):
    other = as_user(tmp_path / "corrections.csv", "my,own,table")
    assert corrections.write(rows(), tmp_path).name == "corrections-2.csv"
    assert other.read_text() == "my,own,table"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["", "\r"])
def test_tables_typed_by_hand_are_read(separator, encoding, end, tmp_path):
    lines = [["Item ", "corrected"], ["a", "elm"], ["", ""], ["=d", "-1"], [], ["c", ""]]
    path = as_user(tmp_path / "own.csv", *(separator.join(line) + end for line in lines), encoding=encoding)
    assert read(path).labels == {"a": "Elm", "=d": "-1"}


def test_two_classes_that_differ_in_capitals_alone_are_told_apart(tmp_path):
    path, classes = tmp_path / "own.csv", ("ash", "Ash")
    assert read(as_user(path, "item,corrected", "a,Ash"), classes=classes).labels == {"a": "Ash"}
    with pytest.raises(ValueError, match=r"row 2: no class 'ASH'; write one of ash, Ash"):
        read(as_user(path, "item,corrected", "a,ASH"), classes=classes)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["a,,pine", "b,,"], r"row 2: no class 'pine'; write one of ash, Elm, -1, or exclude"),
        (["a,,ash", "g,,ash"], r"row 3: no item 'g' in these data; .*the --data, --mode and --set"),
        (["e,,ash"], r"row 2: e is in the sealed test set.*remove the row"),
        (["f,,exclude"], r"row 2: f is neither trained on nor scored"),
        (["a,,ash", "b,,elm", "", "a,,elm"], r"row 5: a is Elm here and ash above; remove one"),
        (["a,,ash", "a,,exclude"], r"row 3: a is exclude here and ash above"),
        (["a,Elm,ash"], r"row 2: a is labelled Elm here and ash in these data"),
        (["a,,ash,with, commas"], r"row 2: has more cells than there are columns; put a text with commas in quotes"),
        (["a,,", "b,, "], r"nothing is written in the column corrected; write a class there, or exclude"),
        ([], r"nothing is written"),
        (['a,,ash,"never closed'], r"not a table .*save it as CSV in UTF-8"),
    ],
)
def test_what_does_not_fit_is_named_with_file_row_and_remedy(lines, message, tmp_path):
    path = as_user(tmp_path / "own.csv", "item,label,corrected,note", *lines)
    with pytest.raises(ValueError, match=rf"own\.csv.*{message}"):
        read(path)


def test_the_same_twice_is_no_matter(tmp_path):
    path = as_user(tmp_path / "own.csv", "item,corrected", "a,elm", "a,ELM", "b,exclude", "b,Exclude", "e,")
    assert read(path) == corrections.Corrections({"a": "Elm"}, frozenset("b"), frozenset("abe"))


def test_files_that_are_no_such_table_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone\.csv: no such file; cosmic review writes one"):
        read(tmp_path / "gone.csv")
    for content, message in {
        b"": "has columns ; it needs item and corrected",
        b"item,label\na,ash\n": "has columns item, label; it needs",
        "item,corrected\n\xe4,ash\n".encode("latin-1"): "save it as CSV in UTF-8",
        "item,corrected\na,ash\n".encode("utf-16"): "save it as CSV in UTF-8",
        b"PK\x03\x04\x00\x00": "it needs item and corrected",
    }.items():
        (tmp_path / "own.csv").write_bytes(content)
        with pytest.raises(ValueError, match=message):
            read(tmp_path / "own.csv")
