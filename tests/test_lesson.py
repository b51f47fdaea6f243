"""The banner, guesses, and the checks of exercises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from cosmic_lib import compare, exercises, lesson
from cosmic_lib.studies import Mode

MODES = {"smoke": Mode(minutes=0.1, seeds=2), "laptop": Mode(minutes=2, seeds=3)}


@pytest.fixture(autouse=True)
def _no_guesses(monkeypatch):
    monkeypatch.setattr(lesson, "_GUESSES", {})


def test_the_banner_names_mode_minutes_seeds_versions_and_device(monkeypatch, capsys):
    monkeypatch.setenv("COSMIC_MODE", "smoke")
    assert lesson.begin(MODES) is MODES["smoke"]
    printed = capsys.readouterr().out
    for expected in ("smoke: about 0.1 minutes", "laptop 2", "seeds     0, 1\n", "keras 3", "python 3"):
        assert expected in printed
    assert "CPU" in printed.splitlines()[-1] or "GPU" in printed.splitlines()[-1]


def test_the_banner_takes_the_modes_of_a_study(monkeypatch):
    from cosmic_lib.studies.genre import STUDY

    monkeypatch.setenv("COSMIC_MODE", "smoke")
    assert lesson.begin("genre", seeds=range(5)) is STUDY.modes["smoke"]
    monkeypatch.setenv("COSMIC_MODE", "fast")
    with pytest.raises(ValueError, match="smoke, laptop, full"):
        lesson.begin("genre")


def test_a_notebook_started_in_its_folder_keeps_its_files_in_the_clone(tmp_path, monkeypatch):
    (tmp_path / "notebooks" / "source").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "notebooks")
    monkeypatch.setenv("COSMIC_HOME", "chosen")
    lesson.begin(MODES)
    assert os.environ["COSMIC_HOME"] == "chosen"
    monkeypatch.delenv("COSMIC_HOME")
    lesson.begin(MODES)
    assert Path(os.environ["COSMIC_HOME"]) == tmp_path
    monkeypatch.setenv("COSMIC_HOME", "")  # so that monkeypatch clears away what begin has set


def test_lessons_do_not_load_tensorflow_before_they_begin():
    code = "import sys; from cosmic_lib import exercises, lesson; print({'keras', 'tensorflow'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


def test_a_guess_is_shown_beside_the_result(capsys):
    lesson.predict("parameters", 4_000)
    lesson.reveal("parameters", 215_818)
    assert "you guessed 4,000, it is 215,818, off by 211,818" in capsys.readouterr().out
    lesson.predict("accuracy", 0.5)
    lesson.reveal("accuracy", 0.75)
    assert lesson.guesses().loc["accuracy"].to_dict() == {"guess": "0.500", "result": "0.750", "off by": "0.250"}


def test_a_result_without_a_guess_is_shown_and_the_lesson_goes_on(capsys):
    lesson.reveal("accuracy", 0.75)
    assert "0.750. No guess was written down" in capsys.readouterr().out
    assert lesson.guesses().loc["accuracy", "guess"] == "none"


def test_a_second_guess_forgets_the_old_result():
    lesson.predict("accuracy", 0.5)
    lesson.reveal("accuracy", 0.75)
    lesson.predict("accuracy", 0.6)
    assert lesson.guesses().loc["accuracy"].to_dict() == {"guess": "0.600", "result": "none", "off by": "none"}


def test_the_band_holds_one_more_run_nineteen_times_in_twenty(capsys):
    runs = np.random.default_rng(0).normal(0.7, 0.03, size=(2000, 5))
    for yours, *others in runs:
        lesson.should_see("accuracy", yours, others)
    printed = capsys.readouterr().out
    assert printed.count("inside") / len(runs) == pytest.approx(0.95, abs=0.02)
    assert printed.count("inside") + printed.count("outside") == len(runs)


def test_the_band_needs_two_other_runs_and_stays_a_share(capsys):
    lesson.should_see("accuracy", 0.7, [0.8])
    assert "it takes two other runs" in capsys.readouterr().out
    lesson.should_see("accuracy", 0.5, [0.1, 0.9])
    assert "0.000 to 1.000" in capsys.readouterr().out


def is_even(answer):
    """The answer is even."""
    return None if answer % 2 == 0 else f"{answer} is odd"


def test_checks_print_pass_fail_or_not_done_yet(capsys):
    lesson.check("first", 2, is_even)
    lesson.check("second", 3, is_even)
    lesson.check("third", lesson.todo(), is_even)
    lesson.check("fourth", lambda: lesson.todo(), lambda function: is_even(function()))
    assert capsys.readouterr().out.splitlines() == [
        "first",
        "  [PASS] The answer is even.",
        "second",
        "  [FAIL] The answer is even. Hint: 3 is odd",
        "third",
        "  not done yet",
        "fourth",
        "  not done yet",
    ]


def test_a_check_survives_an_answer_that_raises(capsys):
    lesson.check("broken", lambda scores: 1 / 0, exercises.contains_the_mean)
    assert "[FAIL] The mean of the scores lies inside. Hint: your code stopped with ZeroDivisionError" in (
        capsys.readouterr().out
    )


def t_interval(scores, factor=None):
    factor = t.ppf(0.975, len(scores) - 1) if factor is None else factor
    half = factor * np.std(scores, ddof=1) / np.sqrt(len(scores))
    return np.mean(scores) - half, np.mean(scores) + half


def runs_needed(deviation, half_width, extra=0):
    runs = 2
    while t.ppf(0.975, runs - 1) * deviation / np.sqrt(runs) > half_width:
        runs += 1
    return runs + extra


def split(groups, share, seed, draw=np.random.default_rng):
    names = np.unique(groups)
    return np.isin(groups, draw(seed).choice(names, round(share * len(names)), replace=False))


def over_groups(differences, groups):
    interval = compare.over_groups(differences, groups, seed=1)
    return interval.low, interval.high


def split_items(groups, share, seed):
    return np.random.default_rng(seed).random(len(groups)) < share


def over_items(differences, groups):
    return over_groups(differences, np.arange(len(differences)))


RULES = {
    t_interval: (exercises.contains_the_mean, exercises.narrows_with_more_runs, exercises.holds_the_truth),
    runs_needed: (exercises.counts_runs, exercises.is_enough, exercises.is_no_more_than_needed),
    split: (
        exercises.marks_every_item,
        exercises.keeps_groups_whole,
        exercises.takes_the_share,
        exercises.obeys_the_seed,
    ),
    over_groups: (
        exercises.contains_the_mean_difference,
        exercises.ignores_copies,
        exercises.agrees_with_the_library,
    ),
}


@pytest.mark.parametrize("answer", RULES)
def test_a_right_answer_passes_every_rule(answer):
    assert [rule(answer) for rule in RULES[answer]] == [None] * len(RULES[answer])


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (exercises.contains_the_mean, lambda scores: (0, 0.5)),
        (exercises.narrows_with_more_runs, lambda scores: (np.min(scores), np.max(scores))),
        (exercises.narrows_with_more_runs, lambda scores: t_interval(scores, 2 * np.sqrt(len(scores)))),
        (exercises.holds_the_truth, lambda scores: t_interval(scores, 1.96)),
        (exercises.holds_the_truth, lambda scores: t_interval(scores, 12)),
        (exercises.counts_runs, lambda *question: runs_needed(*question) + 0.5),
        (exercises.is_enough, lambda *question: runs_needed(*question, extra=-1) or 2),
        (exercises.is_no_more_than_needed, lambda *question: runs_needed(*question, extra=1)),
        (exercises.marks_every_item, lambda groups, share, seed: np.unique(groups)),
        (exercises.keeps_groups_whole, split_items),
        (exercises.takes_the_share, lambda groups, share, seed: split(groups, share / 2, seed)),
        (exercises.obeys_the_seed, lambda groups, share, seed: split(groups, share, 0)),
        (exercises.obeys_the_seed, lambda groups, share, seed: split(groups, share, None)),
        (exercises.contains_the_mean_difference, lambda differences, groups: (-0.1, 0.0)),
        (exercises.ignores_copies, over_items),
        (exercises.agrees_with_the_library, lambda differences, groups: (differences.min(), differences.max())),
    ],
)
def test_a_wrong_answer_gets_a_hint(rule, wrong):
    assert rule(wrong)
    assert rule.__doc__.endswith(".")
