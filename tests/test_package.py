"""The package as it is installed: light to import, and whole when built into a wheel."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import zipfile

import pytest

import cosmic_lib

from .conftest import CLONE


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", folder, CLONE], check=True, capture_output=True
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    """A folder that the wheel was installed into."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, wheel]
    subprocess.run(pip, check=True, capture_output=True)
    return folder


def run_outside(installed, folder, code):
    """Run Python code in a folder that is not the clone, on the installed copy."""
    environment = {"PYTHONPATH": str(installed), "PATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_importing_loads_no_heavy_library():
    heavy = ("tensorflow", "keras", "librosa", "matplotlib", "sklearn", "pandas", "numpy")
    code = f"import sys, cosmic_lib; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_module_is_offered():
    modules = {path.stem for path in (CLONE / "cosmic_lib").glob("*.py")} - {"__init__", "__main__"}
    assert set(dir(cosmic_lib)) == modules | {"studies"}
    for name in dir(cosmic_lib):
        assert getattr(cosmic_lib, name).__name__ == f"cosmic_lib.{name}"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = cosmic_lib.nothing


def test_version_is_that_of_the_installed_package():
    assert importlib.metadata.version("cosmic_lib") == cosmic_lib.__version__


def test_wheel_holds_what_is_not_python(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    templates = {f"cosmic_lib/templates/{path.name}" for path in (CLONE / "cosmic_lib" / "templates").iterdir()}
    assert templates
    assert {"cosmic_lib/datasets.yaml", "cosmic_lib/py.typed"} | templates <= names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "notebooks/"))]


def test_wheel_works_outside_the_clone(installed, tmp_path):
    code = (
        "import cosmic_lib; print(cosmic_lib.__file__);"
        "print(cosmic_lib.catalog.record('gtzan').group); print(*cosmic_lib.studies.names())"
    )
    place, group, *names = run_outside(installed, tmp_path, code).split()
    assert place.startswith(str(installed))
    assert group == "track"
    assert "genre" in names
