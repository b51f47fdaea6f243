"""Figures of the album art study draw what their tables say."""

import numpy as np
import pytest

from cosmic_lib.studies.album_art import measures, published
from cosmic_lib.studies.album_art.figures import OPTIMIZERS, confusion, figures, grid


def test_the_report_opens_with_covers_the_grid_and_the_matrices(album_art_data):
    drawn = figures(album_art_data, {})
    assert len(drawn) == 2 + len(published.CONFUSION)
    for picture in drawn:
        assert picture.alt and len(picture.table) and picture.png()


def test_the_grid_draws_every_printed_mean_in_its_place():
    picture = grid()
    ax = picture.figure.axes[0]
    points = {container.get_label(): container.lines[0].get_ydata() for container in ax.containers}
    assert set(points) == set(OPTIMIZERS)
    printed = published.grid()["mean"].dropna()
    assert sorted(np.concatenate(list(points.values()))) == sorted(printed)
    assert f" {(printed > measures.CONSTANT).sum()} score above" in picture.alt


@pytest.mark.parametrize("name", published.CONFUSION)
def test_a_matrix_is_shown_in_shares_of_each_true_class(name):
    picture = confusion(name)
    as_printed, stranger = (np.asarray(ax.images[0].get_array()) for ax in picture.figure.axes[:2])
    np.testing.assert_allclose(as_printed.sum(axis=1), 1)
    np.testing.assert_allclose(stranger, np.broadcast_to(stranger[0], stranger.shape))
    np.testing.assert_array_equal(picture.table, published.CONFUSION[name])
    assert f"{np.abs(as_printed - stranger).mean():.2f} from those" in picture.alt
