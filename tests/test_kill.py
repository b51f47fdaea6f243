"""The short form of benchmarks/kill.py: a call is killed in each stage, and nothing is lost by it."""

import importlib.util
import os
import sys

import pytest

from .conftest import CLONE


@pytest.fixture
def kill(monkeypatch):
    """The benchmark as a module; what it kills trains no networks and runs no long notebooks, see `stand_in`."""
    spec = importlib.util.spec_from_file_location("kill", CLONE / "benchmarks" / "kill.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "kill", module)
    monkeypatch.setenv("PYTHONPATH", str(CLONE))
    spec.loader.exec_module(module)
    arguments = module.COMMAND[module.COMMAND.index("reproduce") :]
    monkeypatch.setattr(module, "COMMAND", [sys.executable, str(CLONE / "tests" / "stand_in.py"), *arguments])
    return module


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is a matter of POSIX")
def test_killed_calls_leave_the_results_of_an_undisturbed_one_and_no_stray_file(kill):
    outcome = kill.run(1, dict.fromkeys(kill.STAGES, 1), seed=1)
    assert sum(outcome.kills.values()) >= 3, "calls ended before they could be killed"
    assert outcome.kills["training"], "no call was killed in training"
    assert not outcome.different and not outcome.stray


def test_a_result_that_differs_and_a_file_too_many_are_noticed(kill, tmp_path):
    for name, score in (("reference", 0.5), ("home", 0.6)):
        runs = tmp_path / name / "runs" / "genre"
        runs.mkdir(parents=True)
        (runs / "a.json").write_text(f'{{"score": {score}, "seconds": {score}}}')
    (tmp_path / "home" / "runs" / "left.part").write_bytes(b"half")
    assert kill.compare(tmp_path / "home", tmp_path / "reference") == (["a.json"], ["runs/left.part"])
    assert kill.plain({"seconds": 1, "scores": [{"time": 2, "value": 3}]}) == {"scores": [{"value": 3}]}
