"""Made-up galaxies: the same every time, in the layout of Galaxy Zoo 2, and with a knob that does what it says."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cosmic_lib.studies.galaxies import sample
from cosmic_lib.studies.galaxies.drawing import Galaxy, axis_ratio, draw

SMALL = {"galaxies": 60, "side": 32}
SIDE = 48


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """Folder of a very small sample; do not write to it."""
    return sample.write_sample(tmp_path_factory.mktemp("first"), **SMALL)


@pytest.fixture(scope="module")
def many():
    """More galaxies than one would draw, and what volunteers said of them."""
    table = sample.population(12_000)
    return table, sample.catalogue(table)


def contents(folder) -> dict[str, str]:
    """Hash of every file, by its path under the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def tables(folder) -> tuple[pd.DataFrame, pd.DataFrame]:
    return pd.read_csv(folder / "gz2_hart16.csv"), pd.read_csv(folder / "gz2_filename_mapping.csv")


def test_same_arguments_give_the_same_bytes(first, tmp_path, monkeypatch):
    monkeypatch.setenv("COSMIC_THREADS", "1")
    again = sample.write_sample(tmp_path, **SMALL)
    assert first.name == again.name
    assert contents(first) == contents(again)


@pytest.mark.parametrize("change", [{"seed": 1}, {"edge_on": 0.6}, {"artefacts": 0.1}, {"side": 40}], ids=str)
def test_other_arguments_give_another_sample_beside_it(first, change):
    other = sample.write_sample(first.parent, **SMALL | change)
    assert other != first
    assert contents(other) != contents(first)
    assert contents(first) == contents(sample.write_sample(first.parent, **SMALL))


def test_the_layout_is_the_publishers(first):
    assert {path.name for path in first.iterdir()} == {"gz2_hart16.csv", "gz2_filename_mapping.csv", "images"}
    listed, mapping = tables(first)
    assert list(listed)[:9] == [
        "dr7objid", "ra", "dec", "rastring", "decstring", "sample", "gz2_class", "total_classifications", "total_votes",
    ]  # fmt: skip
    assert {"t01_smooth_or_features_a01_smooth_debiased", "t01_smooth_or_features_a03_star_or_artifact_flag"} < {
        *listed
    }
    assert list(mapping) == ["objid", "sample", "asset_id"]
    assert len(listed) == len(mapping) == 60
    for path in (first / "images").iterdir():
        with Image.open(path) as picture:
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (32, 32))


def test_ids_meet_and_are_too_long_for_floating_point_numbers(first, many):
    listed, mapping = tables(first)
    assert set(listed["dr7objid"]) == set(mapping["objid"])
    ids = many[1]["dr7objid"]
    assert ids.is_unique and ids.astype(str).str.len().eq(18).all() and ids.astype(str).str.startswith("5877").all()
    assert not ids.astype(float).is_unique, "read as floating-point numbers, two become one"
    assert mapping["asset_id"].is_monotonic_increasing
    assert listed["dr7objid"].tolist() != mapping["objid"].tolist()


@pytest.mark.parametrize(("galaxies", "missing"), [(60, 1), (760, 2)])
def test_a_few_pictures_are_missing(first, tmp_path, monkeypatch, galaxies, missing):
    monkeypatch.setattr(sample, "draw", lambda *args, **kwargs: np.zeros((16, 16, 3), np.uint8))
    listed, mapping = tables(sample.write_sample(tmp_path, galaxies=galaxies, side=16))
    shown = {int(path.stem) for path in tmp_path.glob("*/images/*.jpg")}
    lost = mapping[~mapping["asset_id"].isin(shown)]
    assert len(lost) == missing and shown < set(mapping["asset_id"])
    assert listed.set_index("dr7objid").loc[lost["objid"], "gz2_class"].str[0].isin(["S", "E"]).all()


def test_a_sample_is_written_once(first, monkeypatch):
    monkeypatch.setattr(sample, "draw", lambda *args, **kwargs: pytest.fail("written again"))
    assert sample.write_sample(first.parent, **SMALL) == first


def test_an_interrupted_sample_is_not_taken_for_a_whole_one(tmp_path):
    def killed(steps):
        yield from steps[:20]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample.write_sample(tmp_path, **SMALL, progress=killed)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"edge_on": -0.1}, "edge_on is -0.1"),
        ({"edge_on": float("nan")}, "edge_on is nan"),
        ({"artefacts": 0.6}, "artefacts is 0.6"),
        ({"galaxies": 19}, "at least 20"),
        ({"side": 15}, "at least 16"),
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        sample.write_sample(tmp_path, **settings)
    assert list(tmp_path.iterdir()) == []


def test_classes_are_mixed_as_in_the_study_and_nothing_prefers_a_direction(many):
    table = many[0]
    kinds = table["kind"].value_counts()
    assert kinds["star"] == round(0.0025 * len(table))
    assert kinds["spiral"] / (len(table) - kinds["star"]) == pytest.approx(0.585, abs=1e-3)
    for kind in ("spiral", "elliptical"):
        rows = table[table["kind"] == kind]
        assert abs(rows["handedness"].mean()) < 4 / np.sqrt(len(rows))
        assert np.abs(np.exp(2j * rows["angle"]).mean()) < 3 / np.sqrt(len(rows)), "axes have two ends"


def test_pictures_and_votes_belong_to_the_right_galaxy(first):
    """A row's picture is that of its galaxy, whatever the order of the two tables."""
    table = sample.population(SMALL["galaxies"])
    listed, mapping = tables(first)
    names = listed.merge(mapping, left_on="dr7objid", right_on="objid")["asset_id"]
    for row in range(60):
        path = first / "images" / f"{names[row]}.jpg"
        drawn = draw(Galaxy(**table.iloc[row]), side=32, rng=np.random.default_rng([0, 3, row]))
        if path.exists():
            assert np.abs(np.asarray(Image.open(path)).astype(float) - drawn).mean() < 5, (
                "jpeg costs 4, another picture more"
            )
    pd.testing.assert_frame_equal(listed, sample.catalogue(table), check_dtype=False)


@pytest.mark.parametrize(
    ("change", "sign"), [({"contrast": 2}, 1), ({"brightness": 2}, 1), ({"radius": 2}, 1), ({"seeing": 2}, -1)], ids=str
)
def test_volunteers_see_arms_the_more_often_the_better_they_show(many, change, sign):
    table = many[0]
    (name, factor), spiral = *change.items(), (table["kind"] == "spiral").to_numpy()
    before, after = (sample.seen(one)[:, 1] for one in (table, table.assign(**{name: table[name] * factor})))
    seen_from_above = spiral & (table["inclination"] < 1).to_numpy()
    assert (sign * (after - before)[seen_from_above] > 0).all()
    assert (after == before)[~spiral].all(), "where there are no arms, nothing changes"
    assert sample.seen(table).sum(axis=1) == pytest.approx(1)


def test_a_class_is_what_most_volunteers_said(many):
    listed = many[1]
    counts = listed[[f"{answer}_count" for answer in sample.ANSWERS]].to_numpy()
    assert (counts.sum(axis=1) == listed["total_classifications"]).all()
    assert listed["total_classifications"].mean() == pytest.approx(40, abs=1)
    assert (np.array(["E", "S", "A"])[counts.argmax(axis=1)] == listed["gz2_class"].str[0]).all()
    shares = listed[[f"{answer}_debiased" for answer in sample.ANSWERS]].sum(axis=1)
    assert np.allclose(shares, 1, atol=0.01)
    asked = listed.groupby(listed["gz2_class"].str[0])["total_votes"].mean()
    assert asked["S"] > 1.5 * asked["E"] > asked["A"], "more questions are asked of what has features"


def test_classes_are_spelt_as_in_the_real_table(many):
    classes = set(many[1]["gz2_class"])
    assert {"Er", "Ei", "Ec", "Ser", "A", "Sb+t", "Sc2m", "SBb2l"} < classes
    pattern = r"E[ric]|A|Se[rn]|SB?[abcd][234+][tml]"
    assert pd.Series(sorted(classes)).str.fullmatch(pattern).all()


def test_labels_are_wrong_more_often_where_volunteers_disagree(many):
    table, listed = many
    galaxies = table["kind"] != "star"
    spiral = (table["kind"] == "spiral")[galaxies]
    called = listed["gz2_class"].str.startswith("S")[galaxies]
    shares = listed[[f"{answer}_debiased" for answer in sample.ANSWERS]].max(axis=1)[galaxies]
    wrong = spiral != called
    assert 0.005 < wrong.mean() < 0.06
    assert wrong[shares < 0.65].mean() > 0.1 > 0.005 > wrong[shares > 0.85].mean()
    assert spiral[shares < 0.65].mean() > 0.5, "it is faint arms that are missed"


def test_the_head_of_the_table_is_no_random_sample(many):
    table, listed = many
    spiral, votes = listed["gz2_class"].str.startswith("S"), listed["total_votes"]
    head = len(table) // 4
    for values in (spiral.astype(float), votes, np.log(table["radius"]), np.log(table["brightness"])):
        error = values.std() / np.sqrt(head)
        assert abs(values[:head].mean() - values.mean()) > 4 * error
    assert 0.4 < spiral[:head].mean() < spiral.mean()
    assert table["radius"][:head].mean() > table["radius"].mean()


def test_the_knob_tilts_some_spirals_and_changes_nothing_else():
    without, some, half = (sample.population(2000, edge_on=share) for share in (0, 0.2, 0.5))
    counts = [int(edge_on(table).sum()) for table in (without, some, half)]
    spirals = (without["kind"] == "spiral").sum()
    assert counts == [0, round(0.2 * spirals), round(0.5 * spirals)]
    assert without.loc[without["kind"] == "spiral", "inclination"].max() < np.radians(70)
    others = [table[table["kind"] != "spiral"].sort_values("phase", ignore_index=True) for table in (without, half)]
    pd.testing.assert_frame_equal(*others)


def test_volunteers_call_discs_from_the_side_discs(many):
    table, listed = many
    called = listed["gz2_class"][edge_on(table)]
    assert called.str.startswith("S").mean() > 0.98
    assert called[called.str.startswith("S")].isin(["Ser", "Sen"]).all()


def edge_on(table: pd.DataFrame) -> pd.Series:
    return (table["kind"] == "spiral") & (table["inclination"] > np.radians(80))


def drawn(share: float, count: int = 1000) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Galaxies, their pictures, and whether volunteers call them spiral."""
    table = sample.population(count, edge_on=share, artefacts=0)
    rows = [Galaxy(**row) for row in table.to_dict("records")]
    pictures = np.stack([draw(row, side=SIDE, rng=np.random.default_rng([1, n])) for n, row in enumerate(rows)])
    return table, pictures.astype(np.float32), sample.catalogue(table)["gz2_class"].str.startswith("S").to_numpy()


@pytest.fixture(scope="module")
def by_knob():
    return {share: drawn(share) for share in (0, 0.4)}


def rings(pictures: np.ndarray) -> np.ndarray:
    """Mean of each colour in rings: what a linear classifier can use of pictures that may be turned in any way."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    edges = SIDE * np.array([0, 0.03, 0.06, 0.1, 0.14, 0.2, 0.3, 0.5])
    ring = np.digitize(np.hypot(x, y), edges) - 1
    return np.concatenate([pictures[:, ring == number].mean(axis=1) for number in range(len(edges) - 1)], axis=1)


def structure(pictures: np.ndarray) -> np.ndarray:
    """How long a galaxy is, and how uneven its rings are."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    radius, grey = np.hypot(x, y), pictures.mean(axis=-1)
    weight = np.maximum(grey - 22, 0) * (radius < 0.28 * SIDE)
    xx, yy, xy = ((weight * product).sum(axis=(1, 2)) for product in (x * x, y * y, x * y))
    uneven = [
        grey[:, (low * SIDE <= radius) & (radius < (low + 0.04) * SIDE)].std(axis=1)
        for low in (0.04, 0.08, 0.12, 0.16, 0.2)
    ]
    return np.stack([np.hypot(xx - yy, 2 * xy) / (xx + yy), *uneven], axis=1)


def misjudged(model, features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which items a model gets wrong when it has learnt from others."""
    from sklearn.model_selection import KFold, cross_val_predict

    return cross_val_predict(model, features, labels, cv=KFold(3, shuffle=True, random_state=0)) != labels


def linear():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=10, max_iter=300))


def test_discs_from_the_side_are_misjudged_by_who_sees_no_structure(by_knob):
    table, pictures, labels = by_knob[0.4]
    wrong = misjudged(linear(), rings(pictures), labels)
    side, above = edge_on(table).to_numpy(), (table["inclination"] < 1) & (table["kind"] == "spiral")
    error = np.sqrt(wrong[side].var() / side.sum() + wrong[above].var() / above.sum())
    assert wrong[side].mean() - wrong[above].mean() > 2 * error
    table, pictures, labels = by_knob[0]
    assert not edge_on(table).any()
    assert misjudged(linear(), rings(pictures), labels).mean() < wrong.mean()


@pytest.mark.parametrize(("share", "above_majority", "below_structure"), [(0, 0.1, 0.05), (0.4, 0, 0.15)])
def test_pixels_tell_something_and_structure_more(by_knob, share, above_majority, below_structure):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import RidgeClassifier

    _, pictures, labels = by_knob[share]
    small = pictures.reshape(len(pictures), SIDE // 3, 3, SIDE // 3, 3, 3).mean(axis=(2, 4)).reshape(len(pictures), -1)
    majority = max(labels.mean(), 1 - labels.mean())
    pixels = 1 - misjudged(RidgeClassifier(alpha=1e5), small, labels).mean()
    features = np.concatenate([rings(pictures), structure(pictures)], axis=1)
    told = 1 - misjudged(RandomForestClassifier(40, random_state=0), features, labels).mean()
    assert majority + above_majority < pixels < told - below_structure
    assert 0.8 < told < 0.97


def test_colour_is_a_weak_cue(many):
    table = many[0][many[0]["kind"] != "star"]
    middle = table["colour"] + np.where(table["kind"] == "spiral", -0.75 * 0.45, 0)  # most light of a disc is young
    discs, others = middle[table["kind"] == "spiral"], middle[table["kind"] == "elliptical"]
    assert others.mean() > discs.mean()
    assert (others.to_numpy()[:, np.newaxis] > discs.to_numpy()).mean() < 0.85, "area under the curve"
    flat = axis_ratio(table["thickness"], table["inclination"])
    assert np.corrcoef(flat[discs.index], discs)[0, 1] < 0, "dust reddens discs that are seen from the side"
