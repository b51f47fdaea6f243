"""The diary of the galaxies study holds what was printed, in the order of the source, and says what differs."""

import numpy as np
import pytest

from cosmic_lib.diary import differences
from cosmic_lib.studies.galaxies import STUDY, published
from cosmic_lib.studies.galaxies.diary import DIARY, SOURCE


def test_the_eleven_networks_stand_in_order_and_carry_what_was_printed():
    assert [row.name for row in SOURCE] == ["base", *(f"model_{number}" for number in range(1, 11))]
    assert tuple(row.name for row in DIARY if row.published) == published.names()
    for row in SOURCE:
        assert row.published is not None and row.published.concluded
        assert row.fit.epochs == row.published.epochs == len(published.curves(row.name))
        assert row.fit.batch_size == 512 and not row.fit.restore_best_weights
        assert row.honest_fit.restore_best_weights


def test_published_scores_are_of_the_last_epoch_but_for_the_final_network():
    scores = published.scores()
    for row in SOURCE[:-1]:
        assert row.published.accuracy == scores["last"][row.name]
    assert DIARY["model_10"].published.accuracy == pytest.approx(0.8093, abs=1e-4)
    assert (scores["best"] >= scores["last"]).all() and (scores["spread"] > 0).all()


@pytest.mark.parametrize(
    ("name", "parent", "changed"),
    [
        ("model_6", "model_5", ["added", "penalty"]),
        ("model_6_text", "model_5", ["penalty"]),
        ("model_10", "model_10_text", ["dropout"]),
        ("model_4", "model_2", ["epochs"]),
        ("cnn_turned", "cnn_centre", ["augment"]),
    ],
)
def test_a_row_differs_from_its_parent_in_what_it_says(name, parent, changed):
    assert DIARY[name].parent == parent
    found = differences(DIARY[name], DIARY[parent])
    assert len(found) == len(changed)
    for word in changed:
        assert any(word in text for text in found), (word, found)


def test_models_2_and_4_are_one_network_but_for_the_epochs():
    two, four = DIARY["model_2"], DIARY["model_4"]
    assert [weight.shape for weight in two.model().weights] == [weight.shape for weight in four.model().weights]
    assert two.compile == four.compile
    curves = [published.curves(name)["val_accuracy"].loc[20] for name in ("model_2", "model_4")]
    assert np.ptp(curves) > 0.01  # and yet


def test_what_a_mode_runs_is_in_the_diary_and_in_small_batches():
    for mode in STUDY.modes.values():
        rows = [mode.scale(DIARY[name]) for name in mode.only]
        assert all(row.fit.batch_size <= (mode.batch_size or 512) for row in rows)
        assert all(row.honest_fit is None or row.honest_fit.batch_size == row.fit.batch_size for row in rows)
    assert STUDY.asked in [row.name for row in DIARY]


def test_unknown_curves_are_refused():
    with pytest.raises(ValueError, match="no published curves of 'model_11'"):
        published.curves("model_11")
