"""The split table: groups stay whole where they should, every item has its turn, and the sealed part stays sealed."""

import numpy as np
import pandas as pd
import pytest

from cosmic_lib import splits
from cosmic_lib.splits import HELD_OUT, HONEST, PROTOCOLS, PUBLISHED, TEST, TRAIN, VALIDATION

HONEST_COLUMNS = [HONEST, *splits.fold_columns(HONEST)]


def make_items(classes=8, groups=20, smallest=4, largest=10, seed=0) -> pd.DataFrame:
    """Groups of unequal size, one class each."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"{label}.{group}/{item}", f"class {label}", f"{label}.{group}")
        for label in range(classes)
        for group in range(groups)
        for item in range(rng.integers(smallest, largest + 1))
    ]
    return pd.DataFrame(rows, columns=["item", "label", "group"])


@pytest.fixture(scope="module", params=["as they come", "shuffled", "of one size"])
def table(request):
    items = make_items(smallest=10) if request.param == "of one size" else make_items()
    return splits.make_table(items.sample(frac=1, random_state=1) if request.param == "shuffled" else items)


def test_columns(table):
    assert splits.columns(table) == [HONEST, *splits.fold_columns(PUBLISHED), *splits.fold_columns(HONEST)]
    for column in splits.columns(table):
        parts = {TRAIN, VALIDATION, TEST} | ({HELD_OUT} if column != HONEST else set())
        assert set(table[column]) == parts


@pytest.mark.parametrize("column", HONEST_COLUMNS)
def test_honest_columns_keep_groups_whole(table, column):
    assert (table.groupby("group")[column].nunique() == 1).all()


@pytest.mark.parametrize("column", splits.fold_columns(PUBLISHED))
def test_published_columns_split_groups(table, column):
    open_rows = table[table[column] != TEST]
    assert (open_rows.groupby("group")[column].nunique() > 1).mean() > 0.8


def test_the_sealed_part_is_the_same_everywhere(table):
    sealed = table[HONEST] == TEST
    for column in splits.columns(table):
        pd.testing.assert_series_equal(table[column] == TEST, sealed, check_names=False)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_open_item_is_held_out_once(table, protocol):
    times = (table[splits.fold_columns(protocol)] == HELD_OUT).sum(axis=1)
    np.testing.assert_array_equal(times, table[HONEST] != TEST)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_shares_are_70_10_20(table, protocol):
    assert (table[HONEST] == TEST).mean() == pytest.approx(0.2, abs=0.02)
    assert (table[HONEST] == TRAIN).mean() == pytest.approx(0.7, abs=0.02)
    for column in splits.fold_columns(protocol):
        shares = table.loc[table[column] != TEST, column].value_counts(normalize=True)
        assert shares[TRAIN] == pytest.approx(0.7, abs=0.02)
        assert shares[VALIDATION] == pytest.approx(0.1, abs=0.02)
        assert shares[HELD_OUT] == pytest.approx(0.2, abs=0.02)


def test_every_part_has_the_same_class_shares(table):
    overall = table["label"].value_counts(normalize=True)
    for column in splits.columns(table):
        for part, rows in table.groupby(column):
            shares = rows["label"].value_counts(normalize=True).reindex(overall.index, fill_value=0)
            assert (shares - overall).abs().max() < 0.06, (column, part)


def test_a_seed_repeats_and_another_deals_anew():
    first, again, other = (splits.make_table(make_items(), seed=seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    for column in splits.columns(first):
        assert (first[column] != other[column]).any()


def test_items_that_are_their_own_groups():
    items = make_items().assign(group=lambda frame: frame["item"])
    table = splits.make_table(items)
    assert (table[HONEST] == TEST).mean() == pytest.approx(0.2, abs=0.01)
    assert ((table[splits.fold_columns(HONEST)] == HELD_OUT).sum(axis=1) == (table[HONEST] != TEST)).all()


@pytest.mark.parametrize("parts", [2, 5, 8])
@pytest.mark.parametrize("seed", range(5))
def test_dealt_parts_are_of_about_equal_size(parts, seed):
    items = make_items(seed=seed)
    dealt = splits.deal(items["label"], items["group"], parts, seed=seed)
    assert dealt.dtype == np.int64
    assert np.bincount(dealt, minlength=parts) == pytest.approx(len(items) / parts, rel=0.15)


def test_too_little_to_deal_is_refused():
    with pytest.raises(ValueError, match="3 groups cannot fill 5 parts; add data"):
        splits.deal(["a"] * 6, [1, 1, 2, 2, 3, 3], 5, seed=0)
    with pytest.raises(ValueError, match="6 labels but 5 groups"):
        splits.deal(["a"] * 6, [1] * 5, 2, seed=0)
    with pytest.raises(ValueError, match="groups cannot fill"):
        splits.make_table(make_items(classes=1, groups=4))


def test_fingerprint_changes_when_one_item_moves(table):
    before = {column: splits.fingerprint(table, column) for column in splits.columns(table)}
    assert len(set(before.values())) == len(before)
    moved = table.copy()
    row = moved.index[moved["honest_fold2"] == TRAIN][0]
    moved.loc[row, "honest_fold2"] = VALIDATION
    after = {column: splits.fingerprint(moved, column) for column in splits.columns(moved)}
    assert [column for column in before if before[column] != after[column]] == ["honest_fold2"]


def test_saved_table_is_read_back(tmp_path, monkeypatch):
    items = make_items()
    made = splits.load_or_make(items, tmp_path)
    monkeypatch.setattr(splits, "make_table", lambda *args, **kwargs: pytest.fail("made again"))
    read = splits.load_or_make(items, tmp_path)
    pd.testing.assert_frame_equal(made, read)
    assert [splits.fingerprint(made, column) for column in splits.columns(made)] == [
        splits.fingerprint(read, column) for column in splits.columns(read)
    ]
    monkeypatch.undo()
    pd.testing.assert_frame_equal(made, splits.make_table(items), check_dtype=False)


def test_labels_and_groups_may_look_like_numbers_or_gaps(tmp_path):
    """`nan`, `NA` and `007` are names like any other: they come back from the file as they went in."""
    items = make_items(classes=3)
    items["label"] = items["label"].map({"class 0": "NA", "class 1": "007", "class 2": "nan"})
    items["item"] = range(len(items))
    assert set(splits.load_or_make(items, tmp_path)["label"]) == {"NA", "007", "nan"}


def test_other_items_and_seeds_have_tables_of_their_own(tmp_path):
    items = make_items()
    splits.load_or_make(items, tmp_path)
    splits.load_or_make(items, tmp_path, seed=1)
    splits.load_or_make(items.iloc[:-1], tmp_path)
    assert len(list(tmp_path.glob("splits-*.csv"))) == 3


@pytest.mark.parametrize("column", ["item", "label", "group"])
def test_a_tampered_table_is_refused(tmp_path, column):
    items = make_items()
    splits.load_or_make(items, tmp_path)
    (path,) = tmp_path.glob("splits-*.csv")
    saved = pd.read_csv(path, dtype=str)
    saved.loc[0, column] = saved[column].iloc[-1] + "x"
    saved.to_csv(path, index=False)
    with pytest.raises(ValueError, match=rf"{path.name}.*move it away"):
        splits.load_or_make(items, tmp_path)


def test_a_table_with_rows_missing_is_refused(tmp_path):
    items = make_items()
    splits.load_or_make(items, tmp_path)
    (path,) = tmp_path.glob("splits-*.csv")
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(ValueError, match=path.name):
        splits.load_or_make(items, tmp_path)


def test_a_table_of_another_version_is_refused_and_kept(tmp_path):
    items = make_items()
    splits.load_or_make(items, tmp_path)
    (path,) = tmp_path.glob("splits-*.csv")
    older = pd.read_csv(path, dtype=str).drop(columns="honest_fold4").to_csv(index=False)
    path.write_text(older)
    with pytest.raises(ValueError, match=rf"{path.name}.*another version; move it away"):
        splits.load_or_make(items, tmp_path)
    assert path.read_text() == older


def test_counts_add_up(table):
    for column in splits.columns(table):
        counts = splits.counts(table, column)
        assert list(counts.index) == [part for part in splits.PARTS if part in set(table[column])]
        assert counts["items"].sum() == len(table)
        np.testing.assert_array_equal(counts.drop(columns=["groups", "items"]).sum(axis=1), counts["items"])
        for part in counts.index:
            assert counts.loc[part, "groups"] == table.loc[table[column] == part, "group"].nunique()


@pytest.fixture
def with_artists():
    """Tracks of three to an artist; the artist of the last one is not known."""
    items = make_items()
    number = items["group"].astype("category").cat.codes
    items["artist"] = (number // 3).map("artist {}".format).where(number < number.max(), "")
    return items


def test_a_further_grouping_keeps_more_together(with_artists):
    table = splits.make_table(with_artists, groupings=("artist",))
    known = with_artists["artist"] != ""
    held_out = table[splits.fold_columns("artist")] == HELD_OUT
    for column in splits.fold_columns("artist"):
        open_items = known & ~table[column].isin([TEST, splits.LEFT_OUT])
        assert (table[column][open_items].groupby(with_artists["artist"]).nunique() == 1).all()
        assert {TRAIN, VALIDATION, HELD_OUT} <= set(table[column])
    assert (held_out.sum(axis=1) == (known & (table[HONEST] != TEST))).all()
    plain = splits.make_table(with_artists)
    pd.testing.assert_frame_equal(table[plain.columns], plain)


def test_what_a_grouping_does_not_know_is_left_out_of_it(with_artists):
    unknown = (with_artists["artist"] == "").to_numpy()
    table = splits.make_table(with_artists, groupings=("artist",))
    for column in splits.fold_columns("artist"):
        assert set(table[column][unknown]) <= {TEST, splits.LEFT_OUT}
        assert splits.LEFT_OUT not in set(table[column][~unknown])


def test_other_items_of_the_same_groups_have_the_same_parts(with_artists):
    table = splits.make_table(with_artists, groupings=("artist",))
    whole = with_artists.drop_duplicates("group").assign(item=lambda rows: rows["group"])
    other = splits.of_groups(table, whole)
    assert splits.columns(other) == [HONEST, *splits.fold_columns(HONEST), *splits.fold_columns("artist")]
    for column in splits.columns(other):
        expected = table.groupby("group")[column].first()
        assert other[column].tolist() == expected.loc[other["group"]].tolist()
    with pytest.raises(ValueError, match="1 groups are in no part of the split, such as stranger"):
        splits.of_groups(table, whole.assign(group=["stranger", *whole["group"][1:]]))


def test_a_saved_table_is_one_of_its_groupings(with_artists, tmp_path):
    with_them = splits.load_or_make(with_artists, tmp_path, groupings=("artist",))
    without = splits.load_or_make(with_artists, tmp_path)
    assert len(list(tmp_path.glob("splits-*.csv"))) == 2
    assert set(with_them) - set(without) == set(splits.fold_columns("artist"))
    pd.testing.assert_frame_equal(splits.load_or_make(with_artists, tmp_path, groupings=("artist",)), with_them)


def test_the_sealed_part_can_keep_more_whole_than_a_group():
    items = make_items()
    items["work"] = items["group"].str.replace(r"\d+$", lambda found: str(int(found[0]) // 2), regex=True)
    table = splits.make_table(items, sealed_by="work")
    works = table[HONEST].groupby(items["work"])
    assert (works.nunique() == 1).all() and set(table[HONEST]) == {TRAIN, VALIDATION, TEST}
    by_group = splits.make_table(items)
    assert (by_group[HONEST].groupby(items["work"]).nunique() > 1).any()
    for column in splits.columns(table):
        np.testing.assert_array_equal(table[column] == TEST, table[HONEST] == TEST)


def test_items_without_a_group_are_dealt_out_one_by_one_or_left_out(tmp_path):
    items = make_items()
    alone = np.arange(len(items)) % 7 == 0
    items.loc[alone, "group"] = ""
    table = splits.load_or_make(items, tmp_path)
    for column in HONEST_COLUMNS:
        assert (table.loc[alone, column] == splits.LEFT_OUT).all()
        assert (table.loc[~alone, column] != splits.LEFT_OUT).all()
        assert (table[~alone].groupby("group")[column].nunique() == 1).all()
    for column in splits.fold_columns(PUBLISHED):
        assert set(table.loc[alone, column]) == {TRAIN, VALIDATION, HELD_OUT}, "none of them is sealed"


def test_another_seal_is_another_saved_table(tmp_path):
    items = make_items().assign(work=lambda items: items["group"])
    splits.load_or_make(items, tmp_path)
    splits.load_or_make(items, tmp_path, sealed_by="work")
    assert len(list(tmp_path.glob("splits-*.csv"))) == 2


def test_few_groups_are_dealt_out_as_far_as_they_go():
    items = pd.DataFrame({"label": list("ab") * 16, "group": np.repeat([f"g{n}" for n in range(8)], 4)})
    items["label"] = np.where(items["group"].str[1].astype(int) % 2, "a", "b")
    items["item"] = items.index.astype(str)
    table = splits.make_table(items)
    for column in splits.fold_columns(HONEST):
        assert {TRAIN, VALIDATION, HELD_OUT, TEST} == set(table[column])
        assert (table.groupby("group")[column].nunique() == 1).all()


def test_items_without_a_group_count_as_none():
    table = pd.DataFrame({"item": list("abcd"), "label": list("xxyy"), "group": ["", "", "g", "h"], "column": TRAIN})
    assert splits.counts(table, "column").loc[TRAIN, ["groups", "items"]].tolist() == [2, 4]


def test_many_groups_most_of_them_of_one_item_are_dealt_out_whole_and_alike(monkeypatch):
    monkeypatch.setattr(splits, "MANY", 1000)
    rng = np.random.default_rng(0)
    groups = np.concatenate([np.arange(4000), np.arange(300).repeat(3) + 4000])
    labels = np.where(rng.random(4300) < 0.3, "rare", "common")[groups]
    parts_of = splits.deal(labels, groups, 5, seed=0)
    frame = pd.DataFrame({"part": parts_of, "group": groups, "rare": labels == "rare"})
    assert (frame.groupby("group")["part"].nunique() == 1).all()
    counts = frame.groupby("part")["rare"].agg(["size", "mean"])
    assert counts["size"].max() - counts["size"].min() < 20
    assert counts["mean"].max() - counts["mean"].min() < 0.02
    assert not np.array_equal(parts_of, splits.deal(labels, groups, 5, seed=1))
