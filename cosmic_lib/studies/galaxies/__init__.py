"""Galaxies, spiral or elliptical: dense networks on raw pixels, what they could not see, and who looked."""

from __future__ import annotations

from cosmic_lib.studies import Mode, Study
from cosmic_lib.studies.galaxies.data import INPUTS, READ, STUDIED, load
from cosmic_lib.studies.galaxies.diary import DIARY
from cosmic_lib.studies.galaxies.faults import FAULTS
from cosmic_lib.studies.galaxies.figures import figures
from cosmic_lib.studies.galaxies.sample import write_sample

STUDY = Study(
    name="galaxies",
    title="Galaxies: dense networks, and what they could not see",
    source='"Cosmic Classifier: a deep learning approach to galaxy classification", '
    "studies/sources/003_0e3a5d6b82bfde49.txt",
    data_set="galaxy_zoo2",
    group="galaxy",
    item="picture",
    load=load,
    sample=write_sample,
    diary=DIARY,
    modes={
        "smoke": Mode(
            minutes=1,
            seeds=2,
            batch_size=32,
            max_epochs=dict.fromkeys(INPUTS, 2),
            only=("base", "model_10"),
            protocols={"base": ("published", "honest")},
            settings={"size": 24, "number": 160},
            sample={"galaxies": 240, "side": 64},
            notebooks=("50_galaxies_baseline",),
        ),
        "laptop": Mode(
            minutes=6,
            seeds=3,
            batch_size=64,
            max_epochs=dict.fromkeys(INPUTS, 15),
            only=("base", "model_1", "model_5", "model_6", "model_10_text", "model_10", "cnn"),
            protocols={"base": ("honest",), "model_10": ("published", "honest"), "cnn": ("honest",)},
            settings={"size": 32, "number": 2500},
            sample={"galaxies": 1400, "side": 96},
            notebooks=("50_galaxies_baseline",),
        ),
        "full": Mode(minutes=120, seeds=5, settings={"number": STUDIED}),
    },
    protocols={
        "published": "the weights of the last epoch are scored, and accuracy is held against a baseline of 50 %",
        "honest": "the weights of the epoch with the lowest validation loss are scored, on the same galaxies; macro F1 "
        "and macro recall, which is balanced accuracy, and the majority stand beside accuracy",
    },
    deviations=(
        "The source shows one split and one run each. Ours are five folds, so that every open galaxy is held out once, "
        "and several seeds; a fifth of the galaxies is sealed before. Whether the source's split has a seed is cut off "
        "(line 426).",
        "The source's validation part are the first 10,000 rows of its training part (line 436); ours is an eighth of "
        "what is not held out, with the same share of each class.",
        "The rate of the dropout in Model 10 is not stated: 0.2 if its cells ran in the order of their numbers, 0.5 "
        "otherwise. Ours is 0.2; `model_10_half` has 0.5.",
        "Model 10 was scored on the test pictures (line 1882), the others on validation (their last epoch); all of "
        "ours are scored alike.",
        "OpenCV gave the source blue first; ours are red, green, blue. To a dense network the order is all the same.",
        "The source squeezes pictures with OpenCV's `resize`, which skips pixels when it shrinks; ours averages them.",
        "The sizes of the CNN are our choice: the source only asks for one (line 1896).",
        "Outside full mode pictures are smaller, there are fewer of them, and they come in smaller batches, since "
        "batches of 512 would leave a few steps per epoch.",
    ),
    faults=FAULTS,
    notebooks=(
        "50_galaxies_baseline",
        "51_galaxies_which_epoch",
        "52_galaxies_what_a_cnn_sees",
        "53_galaxies_who_is_sure",
    ),
    figures=figures,
    read=READ,
    asked="cnn",
    praise="It opened its test set once, for its last network, and reports what came out though it was not asked for "
    "(line 1882). It prints every epoch of every network, names the seven pictures that could not be read (lines 310 "
    "to 358), and says where its networks end and what should come next (line 1896).",
)
