"""Figures of the lesson on the GAN: each can be drawn, and its words and its table say what the numbers are."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cosmic_lib.sound import SAMPLE_RATE
from cosmic_lib.studies.genre import gan_figures

TONE = np.sin(2 * np.pi * 441 * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
NOISE = np.random.default_rng(0).normal(size=SAMPLE_RATE).astype(np.float32)
NEAREST = pd.DataFrame(
    {
        "kind": ["made"] * 3 + ["others"] * 3,
        "to_real": [9.0, 8.0, 7.0, 3.0, 2.0, 1.0],
        "to_others": [6.0, 5.0, 5.0, 4.0, 4.0, 9.0],
    }
)


def losses(of_discriminator):
    history = {"discriminator_loss": [0.69, of_discriminator], "generator_loss": [0.7, 2.5]}
    return gan_figures.losses(history, title="a GAN")


PICTURES = {
    "losses, won": (
        lambda: losses(0.25),
        "after epoch 2 the loss of the discriminator is 0.250 and that of the generator 2.500; undecided would be "
        "0.693, so the discriminator does better than guessing",
    ),
    "losses, lost": (lambda: losses(0.9), "the discriminator does no better than guessing"),
    "losses, one epoch": (
        lambda: gan_figures.losses({"discriminator_loss": [0.5], "generator_loss": [0.8]}, title="a GAN"),
        "after epoch 1 the loss",
    ),
    "sounds": (lambda: gan_figures.sounds(TONE, NOISE, title="two sounds"), "real: half the energy lies below 441 Hz"),
    "distances": (
        lambda: gan_figures.distances(NEAREST, title="a GAN"),
        "to the nearest item it saw: 8.0 for made-up items, 2.0 for real ones never seen; "
        "to the nearest item it never saw: 5.0 for made-up items, 4.0 for real ones never seen",
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_drawn_and_says_what_its_numbers_are(name):
    draw, words = PICTURES[name]
    picture = draw()
    assert np.asarray(Image.open(io.BytesIO(picture.png())).convert("L")).std() > 1, "the picture is empty"
    assert words in picture.alt
    assert picture.alt.endswith(".") and len(picture.table)


def test_noise_is_flat_a_tone_is_not_and_silence_can_be_drawn():
    flatness = gan_figures.sounds(TONE, NOISE, title="two sounds").table["flatness"]
    assert flatness["real"] < 0.01 and flatness["made"] > 0.9
    louder = gan_figures.sounds(TONE / 2, TONE, title="two tones").table
    assert louder["root mean square"].tolist() == pytest.approx([0.5 / np.sqrt(2), 1 / np.sqrt(2)], rel=1e-3)
    silence = gan_figures.sounds(np.zeros_like(TONE), TONE, title="silence")
    assert np.isfinite(silence.table.to_numpy()).all() and silence.png()


def test_the_table_of_distances_holds_the_medians_of_each_kind():
    table = gan_figures.distances(NEAREST, title="a GAN").table
    assert table.loc["made up"].tolist() == [8.0, 5.0]
    assert table.loc["real, never seen"].tolist() == [2.0, 4.0]
