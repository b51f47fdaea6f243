"""What notebooks need: the banner, guesses that are kept and compared, and checks of exercises.

mode = lesson.begin("genre")                    what is run, how long it takes, with which versions
lesson.predict("points lost", 3)                written down before the result is seen
lesson.reveal("points lost", 12)                guess and result side by side
lesson.check("my function", function, *rules)   [PASS] or [FAIL] for each rule, or "not done yet"
"""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cosmic_lib import compare, studies

_GUESSES: dict[str, dict[str, Any]] = {}


def begin(
    modes: str | Mapping[str, studies.Mode],
    *,
    minutes: Mapping[str, float] | None = None,
    seeds: Sequence[int] | None = None,
) -> studies.Mode:
    """Print what the notebook is going to do; the first call of every notebook.

    Args:
        modes: name of the study whose modes count, or mode name -> `studies.Mode` of the notebook itself.
        minutes: mode name -> minutes that the notebook takes, where they are not those of the whole study.
        seeds: what it trains with; 0 up to the mode's number of seeds by default.

    Returns:
        The chosen mode: `COSMIC_MODE`, or laptop.

    Raises:
        ValueError: no such study, or no such mode.
    """
    name = studies.mode_name()
    _stay_in_the_clone()
    from cosmic_lib import experiment

    if isinstance(modes, str):
        modes = studies.get(modes).modes
    warnings.filterwarnings("ignore", message="IProgress not found")  # of a bar that is not drawn
    mode = modes[name]
    takes = minutes or {other: modes[other].minutes for other in modes}
    others = ", ".join(f"{other} {takes[other]:g}" for other in takes if other != name)
    print(f"mode      {name}: about {takes[name]:g} minutes on 2 CPU cores ({others}; COSMIC_MODE chooses)")
    print(f"seeds     {', '.join(map(str, range(mode.seeds) if seeds is None else seeds))}")
    print(f"versions  {', '.join(f'{package} {version}' for package, version in experiment.versions().items())}")
    print(f"device    {experiment.device()}")
    return mode


def _stay_in_the_clone() -> None:
    """Keep data and runs beside the notebooks folder, wherever in the clone the kernel was started."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks" / "source").is_dir():
            os.environ.setdefault("COSMIC_HOME", str(folder))


def predict(question: str, guess: float) -> None:
    """Write a guess down before the result is seen.

    Args:
        question: what is guessed; `reveal` is called with the same words.
        guess: a number.
    """
    _GUESSES[question] = {"guess": guess}
    print(f"{question}: your guess is {_text(guess)}. It is written down.")


def reveal(question: str, result: float) -> None:
    """Print the guess beside the result, and by how much it was off.

    Args:
        question: as given to `predict`.
        result: what came out.
    """
    entry = _GUESSES.setdefault(question, {"guess": None})
    entry["result"] = result
    if entry["guess"] is None:
        print(f"{question}: it is {_text(result)}. No guess was written down before; run the cell with predict first.")
        return
    entry["off by"] = abs(result - entry["guess"])
    print(f"{question}: you guessed {_text(entry['guess'])}, it is {_text(result)}, off by {_text(entry['off by'])}")


def guesses() -> pd.DataFrame:
    """All guesses so far, as text: columns guess, result and off by; one row per question."""
    columns = ("guess", "result", "off by")
    texts = {question: {name: _text(entry.get(name)) for name in columns} for question, entry in _GUESSES.items()}
    return pd.DataFrame(texts, index=columns).T.rename_axis("question")


def _text(number: float | None) -> str:
    if number is None:
        return "none"
    return f"{number:,}" if isinstance(number, int | np.integer) else f"{number:,.3f}"


def should_see(what: str, yours: float, others: Sequence[float]) -> None:
    """Print the band in which one more run should lie, computed from other runs, and where yours lies.

    Args:
        what: names the score.
        yours: the score of your run, a share from 0 to 1.
        others: scores of runs that differ from yours in seed or fold alone.
    """
    from scipy.stats import t

    if len(others) < 2:
        print(f"{what}: {yours:.3f}; it takes two other runs to say where it should lie")
        return
    factor = t.ppf((1 + compare.CONFIDENCE) / 2, len(others) - 1) * np.sqrt(1 + 1 / len(others))
    low, high = np.clip(np.mean(others) + np.array([-1, 1]) * factor * np.std(others, ddof=1), 0, 1)
    place = "inside" if low <= yours <= high else "outside"
    print(f"{what}: you should see {low:.3f} to {high:.3f} (95 %, from {len(others)} other runs)")
    print(f"{what}: yours is {yours:.3f}, {place}")


class _Todo:
    def __repr__(self) -> str:
        return "not done yet"


_TODO = _Todo()


def todo() -> Any:
    """Stands for the answer to an exercise that has not been done."""
    return _TODO


class _NotDone(Exception):
    """The answer called is a stub."""


def check(exercise: str, answer: Any, *rules: Callable[[Any], str | None]) -> None:
    """Print for each rule whether an answer keeps it. Never raises, so that the notebook goes on.

    Args:
        exercise: names it.
        answer: a value, or a function that the rules call.
        *rules: `rule(answer)` returns None where the rule is kept, else a hint; its docstring says the rule.
    """
    print(exercise)
    for rule in rules:
        try:
            if answer is _TODO:
                raise _NotDone
            hint = rule(_watched(answer) if callable(answer) else answer)
        except _NotDone:
            print("  not done yet")
            return
        except Exception as error:  # whatever a student's code may do
            hint = f"your code stopped with {type(error).__name__}: {error}"
        said = (rule.__doc__ or rule.__name__).strip()
        print(f"  [PASS] {said}" if hint is None else f"  [FAIL] {said} Hint: {hint}")


def _watched(function: Callable) -> Callable:
    """The function, except that a stub is noticed when it is called."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        result = function(*args, **kwargs)
        if result is _TODO:
            raise _NotDone
        return result

    return call
