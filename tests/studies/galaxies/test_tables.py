"""Galaxy Zoo 2, EFIGI and folders of one's own: what is read, in which order, and what is left out, and why."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cosmic_lib import archive
from cosmic_lib.studies.galaxies import published, tables
from cosmic_lib.studies.galaxies.columns import TableError

HART, MAPPING = "gz2_hart16.csv", "gz2_filename_mapping.csv"
ANSWERS = {
    "t01_smooth_or_features": ("a01_smooth", "a02_features_or_disk", "a03_star_or_artifact"),
    "t02_edgeon": ("a04_yes", "a05_no"),
    "t03_bar": ("a06_bar", "a07_no_bar"),
    "t04_spiral": ("a08_spiral", "a09_no_spiral"),
}
MEASURES = ("count", "weight", "fraction", "weighted_fraction", "debiased", "flag")
SMOOTH, DISK = (f"t01_smooth_or_features_{answer}_debiased" for answer in ANSWERS["t01_smooth_or_features"][:2])
KINDS = ["Sc+t", "Sb+t", "Ei", "Sc+t", "Er", "A", "SBb", "Ser", "Ec", "Sc2m"]
FIRST = 587722981736120347


def made_up(kinds=KINDS) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables of Galaxy Zoo 2 with their real columns, or some dozens of them, and rows that nobody observed."""
    rng = np.random.default_rng(0)
    ids = [str(FIRST + 458_732 * row) for row in range(len(kinds))]
    votes = rng.uniform(size=(len(kinds), sum(map(len, ANSWERS.values())) * len(MEASURES))).round(3)
    names = [f"{task}_{answer}_{measure}" for task in ANSWERS for answer in ANSWERS[task] for measure in MEASURES]
    hart = pd.DataFrame({"dr7objid": ids, "ra": rng.uniform(0, 360, len(kinds)), "dec": 0.5, "rastring": "11:56:10.32"})
    hart = hart.assign(decstring="+60:31:21.1", sample="original", gz2_class=kinds, total_classifications=44)
    hart = pd.concat(
        [hart.assign(total_votes=range(100, 100 + len(kinds))), pd.DataFrame(votes, columns=names)], axis=1
    )
    mapping = pd.DataFrame({"objid": ids, "sample": "original", "asset_id": range(11, 11 + len(kinds))})
    return hart, mapping.sample(frac=1, random_state=0)


def write(root: Path, hart: pd.DataFrame, mapping: pd.DataFrame, pictures: str = "images", **options) -> Path:
    (root / pictures).mkdir(parents=True, exist_ok=True)
    hart.to_csv(root / HART, index=False, **options)
    mapping.to_csv(root / MAPPING, index=False, **options)
    for asset in mapping["asset_id"]:
        (root / pictures / f"{asset}.jpg").touch()
    return root


@pytest.fixture
def hart():
    return made_up()[0]


@pytest.fixture
def mapping():
    return made_up()[1]


@pytest.fixture
def zoo(tmp_path, hart, mapping):
    return write(tmp_path / "zoo", hart, mapping)


def reasons(source) -> dict[str, str]:
    return dict(source.strangers)


def test_a_galaxy_has_its_class_its_picture_and_the_votes_for_its_class(zoo, hart):
    source = tables.find("real", zoo)
    kept = hart[hart["gz2_class"] != "A"].reset_index(drop=True)
    assert source.name == "Galaxy Zoo 2" and source.root == zoo and source.classes == ("elliptical", "spiral")
    assert list(source.files) == ["item", "file", "label", "group", "votes", "voters"]
    assert source.files["group"].tolist() == kept["dr7objid"].tolist(), "the order is that of the table"
    spiral = kept["gz2_class"].str.startswith("S")
    assert (source.files["label"] == np.where(spiral, "spiral", "elliptical")).all()
    np.testing.assert_array_equal(source.files["votes"], kept[DISK].where(spiral, kept[SMOOTH]))
    np.testing.assert_array_equal(source.files["voters"], kept["total_votes"].astype(float))
    rows = (kept["dr7objid"].astype("int64") - FIRST) // 458_732 + 11
    assert source.files["item"].tolist() == rows.astype(str).tolist()
    assert (source.files["file"] == "images/" + source.files["item"] + ".jpg").all()
    assert source.strangers == []
    assert source.notes == ("1 rows of class A (artefacts) are left out",)


@pytest.mark.parametrize("pictures", ["images/images", "images_gz2/images", "images_gz2/images/images"])
def test_what_was_unpacked_one_folder_deeper_is_found(tmp_path, zoo, hart, mapping, pictures):
    expected = tables.find("real", zoo).files
    deeper = write(tmp_path / "deeper", hart, mapping, pictures)
    shadows = deeper / "__MACOSX" / "images"
    shadows.mkdir(parents=True)
    for asset in range(100):
        (shadows / f"._{asset}.jpg").touch()
    (deeper / "tables").mkdir()
    for name in (HART, MAPPING):
        (deeper / name).rename(deeper / "tables" / name)
    found = tables.find("real", deeper).files
    pd.testing.assert_frame_equal(found.drop(columns="file"), expected.drop(columns="file"))
    assert all((deeper / file).is_file() for file in found["file"])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_from_spreadsheets_and_with_other_columns_are_read_alike(tmp_path, zoo, hart, mapping, separator):
    expected = tables.find("real", zoo).files
    hart = hart.rename(columns={"dr7objid": "objid"}).assign(mine="with, commas; and more")
    hart["gz2_class"] = "  " + hart["gz2_class"].str.lower()
    mapping = mapping.rename(columns={"asset_id": " asset_id "})
    other = write(tmp_path / "other", hart, mapping.set_axis(["objid", "sample", "asset_id"], axis=1))
    hart[hart.columns[::-1]].to_csv(other / HART, index=False, sep=separator, encoding="utf-8-sig", quoting=1)
    mapping.to_csv(other / MAPPING, index=False, sep=separator, encoding="utf-8-sig", lineterminator="\r\n")
    pd.testing.assert_frame_equal(tables.find("real", other).files, expected)


def test_without_votes_galaxies_are_read_and_a_note_says_so(zoo, hart):
    hart.drop(columns=[SMOOTH, "total_votes"]).to_csv(zoo / HART, index=False)
    source = tables.read_gz2(zoo)
    spiral = source.files["label"] == "spiral"
    assert source.files["votes"].notna().tolist() == spiral.tolist()
    assert source.files["voters"].isna().all()
    assert SMOOTH in source.notes[-1] and "total_votes" in source.notes[-1] and DISK not in source.notes[-1]


def test_missing_pictures_odd_classes_and_unmatched_rows_are_told_of(zoo, hart, mapping):
    hart.loc[[0, 1], "gz2_class"] = ["", "Merger"]
    hart.to_csv(zoo / HART, index=False)
    mapping = pd.concat([mapping[mapping["asset_id"] != 13], pd.DataFrame({"objid": ["7", "8"], "asset_id": [98, 99]})])
    mapping.to_csv(zoo / MAPPING, index=False)
    (zoo / "images" / "14.jpg").unlink()
    source = tables.read_gz2(zoo)
    ids = hart["dr7objid"]
    assert source.files["group"].tolist() == ids[[4, 6, 7, 8, 9]].tolist()
    assert reasons(source)["images/14.jpg"] == "not there"
    assert "class is ''" in reasons(source)[f"{HART}: {ids[0]}"]
    assert "class is 'Merger'" in reasons(source)[f"{HART}: {ids[1]}"]
    assert len(source.strangers) == 3
    assert source.notes[:2] == (
        f"1 galaxies of {HART} are not in {MAPPING}",
        f"2 rows of {MAPPING} belong to no galaxy of {HART}",
    )


def test_equal_rows_count_once_and_contradictions_not_at_all(zoo, hart, mapping):
    ids = hart["dr7objid"]
    contradiction = hart.loc[[2]].assign(gz2_class="Sb")
    pd.concat([hart, hart.loc[[0, 0]], contradiction]).to_csv(zoo / HART, index=False)
    of = mapping.set_index("objid")["asset_id"]
    more = [(ids[1], of[ids[1]]), (ids[3], 999), (ids[4], of[ids[6]]), ("7", 998), ("7", 997)]
    mapping = pd.concat([mapping, pd.DataFrame(more, columns=["objid", "asset_id"])])
    mapping[mapping["asset_id"] != of[ids[4]]].to_csv(zoo / MAPPING, index=False)
    source = tables.read_gz2(zoo)
    assert source.files["group"].tolist() == ids[[0, 1, 7, 8, 9]].tolist()
    assert source.files["item"].is_unique and source.files["group"].is_unique
    told = reasons(source)
    assert told[f"{HART}: {ids[0]}"] == told[f"{MAPPING}: {ids[1]}"] == "equal rows count once"
    assert "contradict each other (Ei, Sb)" in told[f"{HART}: {ids[2]}"]
    assert f"contradict each other ({of[ids[3]]}, 999)" in told[f"{MAPPING}: {ids[3]}"]
    assert told[f"{MAPPING}: {of[ids[6]]}"] == "the picture of several galaxies"
    assert len(source.strangers) == 5, "rows of other galaxies are nobody's business"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.integers(0, len(KINDS) - 1), max_size=15), order=st.randoms(use_true_random=False))
def test_a_shuffled_or_repeated_mapping_gives_the_same_files(zoo, rows, order):
    mapping = made_up()[1]
    mapping.to_csv(zoo / MAPPING, index=False)
    expected = tables.read_gz2(zoo)
    shuffled = [*range(len(mapping)), *rows]
    order.shuffle(shuffled)
    mapping.iloc[shuffled].to_csv(zoo / MAPPING, index=False)
    found = tables.read_gz2(zoo)
    pd.testing.assert_frame_equal(found.files, expected.files)
    assert found.notes == expected.notes
    assert len(found.strangers) == len(set(rows))


def test_a_missing_table_folder_or_class_is_an_error_with_a_remedy(tmp_path, zoo, hart):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        tables.find("real", tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"gz2_hart16.csv.*EFIGI_attributes.txt.*cosmic data list galaxy_zoo2"):
        tables.find("real", tmp_path / "empty")
    with pytest.raises(ValueError, match="choose real or folder"):
        tables.find("sample", zoo)
    hart[hart["gz2_class"].str[0] != "E"].to_csv(zoo / HART, index=False)
    with pytest.raises(TableError, match="no picture of class elliptical"):
        tables.find("real", zoo)
    (zoo / HART).unlink()
    with pytest.raises(FileNotFoundError, match=f"no {HART}"):
        tables.find("real", zoo)
    shutil.rmtree(zoo / "images")
    (zoo / "images").mkdir()
    (zoo / "images" / "._11.jpg").touch()
    with pytest.raises(FileNotFoundError, match="no folder images/"):
        tables.find("real", zoo)


TYPES = {"PGC0000003": 5, "PGC0000002": -4, "PGC0000001": 0, "PGC0000004": 11, "PGC0000005": 1, "PGC0000006": 9}


@pytest.fixture
def efigi(tmp_path):
    """Made-up galaxies in the layout of EFIGI, with its types alone."""
    root = tmp_path / "efigi"
    (root / "galaxies").mkdir(parents=True)
    for name in (*TYPES, "PGC0000009"):
        (root / "galaxies" / f"{name}.jpg").touch()
    rows = "".join(f" {name}  {kind:2d} 0.5 0.25 \n" for name, kind in TYPES.items())
    (root / "EFIGI_attributes.txt").write_text(f"# EFIGI_attributes.txt\n#\n# PGC_name T\n{rows}")
    return root


def test_efigi_is_read_by_its_types_or_by_its_classes(efigi):
    (efigi / "galaxies" / "PGC0000006.jpg").unlink()
    by_type = tables.find("real", efigi)
    assert by_type.name == "EFIGI"
    assert (
        by_type.files["item"].tolist() == by_type.files["group"].tolist() == ["PGC0000003", "PGC0000002", "PGC0000005"]
    )
    assert by_type.files["label"].tolist() == ["spiral", "elliptical", "spiral"]
    assert by_type.files[["votes", "voters"]].isna().all(axis=None)
    assert reasons(by_type)["galaxies/PGC0000006.jpg"] == "not there"
    assert "PGC0000009" in reasons(by_type)["galaxies/: 1 pictures"]
    assert "66.7 % of the 3 galaxies" in by_type.notes[0]
    assert "59.2 %" in by_type.notes[0] and published.TABLE["spiral"] == 141_430
    assert {"1 galaxies of class lenticular are left out", "1 galaxies of class dwarf elliptical are left out"} < {
        *by_type.notes
    }
    names = {5: "spiral", 1: "spiral", 9: "spiral", 0: "lenticular", 11: "dwarf_elliptical", -4: "elliptical"}
    lines = [f"{name}.jpg,{kind},{names[kind]}\n" for name, kind in TYPES.items()]
    (efigi / "labels.csv").write_text("filename,T,class\n" + "".join(lines) + "PGC0000009.jpg,,\n")
    by_class = tables.find("real", efigi)
    pd.testing.assert_frame_equal(by_class.files, by_type.files)
    assert by_class.notes == by_type.notes
    assert "labels.csv" in reasons(by_class)["galaxies/: 1 pictures"]


@pytest.mark.parametrize("content", [b"", b"\0" * 50, b"PGC1\n", "naïve".encode("utf-16"), b"# nothing but words\n"])
def test_types_that_are_no_table_are_an_error(efigi, content):
    (efigi / "EFIGI_attributes.txt").write_bytes(content)
    with pytest.raises(TableError, match=r"EFIGI_attributes.txt: not a table"):
        tables.find("real", efigi)


def test_real_efigi_has_as_many_galaxies_by_type_as_by_class(real_data, tmp_path):
    archive.unpack(real_data / "efigi-galaxies.tar", tmp_path)
    by_class = tables.find("real", tmp_path)
    assert by_class.files["label"].value_counts().to_dict() == {"spiral": 2080, "elliptical": 192}
    assert by_class.files["item"].is_unique
    assert [file for file, _ in by_class.strangers] == ["galaxies/: 31 pictures"]
    assert "489 galaxies of class lenticular are left out" in by_class.notes
    (tmp_path / "labels.csv").unlink()
    by_type = tables.find("real", tmp_path)
    pd.testing.assert_frame_equal(by_type.files, by_class.files)
    assert by_type.notes == by_class.notes


def test_ones_own_pictures_lie_in_two_folders_and_keep_their_names(tmp_path):
    for file in ("ring/b.FITS.gz", "ring/a.jpg", "disc/night/c.fits", "disc/d.png", "disc/notes.txt", "disc/e.tar.gz"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    source = tables.find("folder", tmp_path)
    assert source.classes == ("disc", "ring")
    assert source.files["file"].tolist() == ["disc/d.png", "disc/night/c.fits", "ring/a.jpg", "ring/b.FITS.gz"]
    assert source.files["item"].tolist() == source.files["file"].tolist()
    assert source.files["group"].tolist() == ["disc/d.png", "disc/night", "ring/a.jpg", "ring/b.FITS.gz"]
    assert source.files["label"].tolist() == ["disc", "disc", "ring", "ring"]
    assert source.files[["votes", "voters"]].isna().all(axis=None)
    assert set(reasons(source)) == {"disc/notes.txt", "disc/e.tar.gz"}
    (tmp_path / "blob").mkdir()
    (tmp_path / "blob" / "f.gif").touch()
    with pytest.raises(ValueError, match=r"3 class folders with pictures \(blob, disc, ring\)"):
        tables.find("folder", tmp_path)
