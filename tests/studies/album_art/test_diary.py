"""The diary of the album art study holds what was printed, one change a row, and warm starts that the honest lacks."""

import pytest

from cosmic_lib.diary import differences
from cosmic_lib.splits import HONEST, PROTOCOLS
from cosmic_lib.studies.album_art import losses, published
from cosmic_lib.studies.album_art.diary import DIARY, GRID, RANDOM, SOURCE

COMBINATION = ["batch_size", "dropout", "epochs", "optimizer"]


def test_the_four_reported_networks_carry_what_was_printed():
    assert [row.name for row in SOURCE] == list(published.ACCURACY)
    for row in SOURCE:
        assert row.published == published.published(row.name) and "binary" in row.title
        assert row.compile.loss == losses.IMPLIED and row.compile.optimizer == "nadam"
        assert row.fit.batch_size == 30
    assert [row.fit.epochs for row in SOURCE] == [10, 10, 20, 20]


def test_warm_starts_are_published_and_fresh_weights_honest():
    for row in SOURCE[1:]:
        assert row.on("published_fold0").fit.restarts > 0
    for row in DIARY:
        for column in (HONEST, "honest_fold0"):
            fit = row.on(column).fit
            assert fit.restarts == 0 and fit.restore_best_weights
    assert [row.name for row in DIARY if row.protocols == PROTOCOLS] == ["initial", "best_weights_20"]
    assert [row.name for row in DIARY if row.protocols == (HONEST,)] == ["cnn_small_lr"]
    assert all(row.protocols in ((), PROTOCOLS, (HONEST,)) for row in DIARY)


def test_a_row_differs_from_its_parent_in_one_part_or_repeats_it():
    for row in DIARY:
        if row.parent is None:
            continue
        parent = DIARY[row.parent]
        changed = [
            part for part in ("inputs", "compile", "fit", "augment") if getattr(row, part) != getattr(parent, part)
        ]
        changed += ["build"] if row.build is not parent.build else []
        repeat = row.change.startswith("nothing")
        assert repeat == (DIARY.kinds[row.name] == DIARY.kinds[parent.name]), row.name
        assert len(changed) == (0 if repeat else 1), (row.name, changed)
        assert bool(differences(row, parent)) != repeat


def settings(row) -> tuple:
    return (
        row.fit.batch_size,
        getattr(row.build, "keywords", {}).get("dropout", 0.2),
        row.fit.epochs,
        row.compile.optimizer,
    )


@pytest.mark.parametrize(("rows", "table"), [(GRID, published.grid()), (RANDOM, published.random_rows())])
def test_every_row_of_a_search_is_an_experiment_with_what_was_printed(rows: list, table):
    assert len(rows) == len(table)
    printed = {}
    for row in table.itertuples():
        printed.setdefault((row.batch_size, row.dropout, row.epochs, row.optimizer.lower()), row)
    for row in rows:
        said = printed.pop(settings(row))
        assert row.compile.loss == losses.IMPLIED and row.compile.learning_rate is None
        if row.published is None:
            assert settings(row) == (30, 0.8, 10, "nadam") and said.mean != said.mean  # the one that is not printed
            continue
        assert (row.published.line, row.published.accuracy) == (said.line, said.mean)
    assert not printed


def test_the_searches_repeat_configurations_as_the_source_did():
    """Five rows of the random search are in the grid as well, whose best is the first network."""
    kinds = DIARY.kinds
    assert kinds["grid_b30_d0.2_e10_nadam"] == "initial"
    shared = [row.name for row in RANDOM if kinds[row.name] != row.name]
    assert shared == [f"random_{number}" for number in (1, 5, 7, 8, 10)]
    spread, freedom = DIARY.published_spread
    assert freedom == 6 and 0 < spread < 0.02


def test_losses_and_rates_of_text_and_numbers_are_variants_of_the_first():
    for name, setting, value in [
        ("initial_mse", "loss", losses.TOLD),
        ("initial_lr0.01", "learning_rate", 0.01),
        ("initial_cce", "loss", "sparse_categorical_crossentropy"),
    ]:
        assert DIARY[name].parent == "initial" and getattr(DIARY[name].compile, setting) == value
        assert len(differences(DIARY[name], DIARY["initial"])) == 1
    ours = DIARY["cnn_small_lr"]
    assert ours.compile.loss == "sparse_categorical_crossentropy" and ours.fit.patience and ours.published is None
