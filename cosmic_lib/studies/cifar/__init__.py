"""The tuning diary of 51 networks on CIFAR-10: what a step of tuning shows, and what chance alone does."""

from __future__ import annotations

from cosmic_lib.splits import PROTOCOLS
from cosmic_lib.studies import Mode, Study
from cosmic_lib.studies.cifar.data import READ, load
from cosmic_lib.studies.cifar.diary import DIARY
from cosmic_lib.studies.cifar.faults import FAULTS
from cosmic_lib.studies.cifar.figures import figures
from cosmic_lib.studies.cifar.sample import write_sample
from cosmic_lib.tuning import Space

INPUTS = ("grey", "colour", "scrambled")

SPACE = Space(
    parent="cnn_2",
    choices={
        "filters": {"16 32 64": (16, 32, 64), "32 64 128": (32, 64, 128), "64 128 256": (64, 128, 256)},
        "dropout": {
            "none": (),
            "0.2 everywhere": (0.2, 0.2, 0.2, 0.2),
            "0.3 everywhere": (0.3, 0.3, 0.3, 0.3),
            "0.5 everywhere": (0.5, 0.5, 0.5, 0.5),
            "0.3 0.4 0.5 0.3": (0.3, 0.4, 0.5, 0.3),
        },
        "batch_norm": {"no": False, "yes": True},
        "units": {"32": 32, "64": 64, "128": 128, "256": 256, "512": 512},
        "dense_activation": {"relu": "relu", "tanh": "tanh"},
        "optimizer": {"rmsprop": "rmsprop", "adam": "adam", "adamax": "adamax", "nadam": "nadam"},
        "learning_rate": {"0.0001": 1e-4, "0.0004": 4e-4, "0.001": 1e-3, "0.01": 1e-2},
        "batch_size": {"16": 16, "32": 32, "64": 64, "128": 128},
    },
)

STUDY = Study(
    name="cifar",
    title="The CIFAR-10 tuning diary",
    source='"CIFAR-10 CNN tuning diary", studies/sources/002_49f77bc0b440cec7.txt',
    data_set="cifar10",
    group="image",
    item="picture",
    load=load,
    sample=write_sample,
    diary=DIARY,
    modes={
        "smoke": Mode(
            minutes=1,
            seeds=2,
            max_epochs=dict.fromkeys(INPUTS, 2),
            only=("cnn_1", "cnn_4_v2", "cnn_4_v4"),
            protocols={"cnn_1": PROTOCOLS},
            settings={"size": 24, "per_class": 20},
            build={"width": 0.125, "momentum": 0.9},
            notebooks=("15_cifar_retold",),
        ),
        "laptop": Mode(
            minutes=7,
            seeds=3,
            max_epochs=dict.fromkeys(INPUTS, 8),
            only=(
                "cnn_1",
                "cnn_2",
                "cnn_4_v1",
                "cnn_4_v2",
                "cnn_4_v3",
                "cnn_5_v1",
                "cnn_6_v3",
                "cnn_7_v4",
            ),
            protocols={"cnn_1": PROTOCOLS},
            settings={"size": 24, "per_class": 110},
            build={"width": 0.5, "momentum": 0.9},
            notebooks=("15_cifar_retold",),
        ),
        "full": Mode(minutes=600, seeds=5),
    },
    protocols={
        "published": "the last fifth of the training pictures, in their order, is validation; the weights of the last "
        "epoch are scored; every run is scored on the test pictures",
        "honest": "a fifth of the training pictures of each class is validation; the weights of the best epoch are "
        "scored; the test pictures are scored once, for all runs together, and a picture that is among them is not "
        "trained on",
    },
    deviations=(
        "The source gives `fit` both a share for validation and the test pictures to validate on; the versions it ran "
        "(line 71) use the share, those of today use the test pictures. Ours say which pictures are what, so that it "
        "means the same in every version: the last 10,000 of 50,000 (line 249) are validation.",
        "Pictures that come in a folder or archive per class are sorted by class, so that the last fifth would be two "
        "classes: they are permuted first, with a seed that the notes state. The publisher's batches keep their order.",
        "How the source made its pictures grey is not stated. Ours are converted by OpenCV: 0.299 red, 0.587 green and "
        "0.114 blue, rounded.",
        "Early stopping with patience 5 on the validation loss and at most 500 epochs, or 50 and 60 without it, as "
        "printed; under the honest protocol the weights of the epoch with the lowest validation loss are restored.",
        "Where the source leaves the learning rate to Keras, it is stated: 0.01 for SGD, 0.001 for the others.",
        "Losses that were given class numbers where they want one number per output: Keras 3 refuses that, so that "
        "the comparison of the class number with each output is written out. The printed logs are of batches of 128 "
        "(line 8413), and so are ours; the code says 32 (line 8398).",
        "The source has no seed and one run each. Ours have several; configurations that the source repeated without "
        "knowing it are run once, with as many seeds as any other.",
        "Augmentation that is really fed (`cnn_9_augmented`) mirrors pictures and shifts them by a whole pixel or "
        "none; what the source built (line 9217) would have shifted by parts of a pixel too.",
        "Our results on real pictures are of JPEG copies, which differ a little from the publisher's pixels.",
        "Smaller modes shrink pictures, networks (a share of all filters and units), epochs and pictures per class, "
        "and average batch normalisation over some ten steps instead of a hundred (momentum 0.9), since their epochs "
        "have few steps. Full mode changes none of these.",
    ),
    faults=FAULTS,
    notebooks=(
        "10_cifar_look_first",
        "11_cifar_one_change",
        "12_cifar_noise",
        "13_cifar_who_chose",
        "14_cifar_search",
        "15_cifar_retold",
    ),
    figures=figures,
    read=READ,
    asked="cnn_7_v4",
    space=SPACE,
    praise="It keeps every run with its log, its score per class and its code, tells why each step was taken, keeps "
    "results that went down, and looks at curves before scores. Its repeats, though not meant as such, are what a "
    "noise estimate needs.",
)
