# Every target is one call into Python; docs/troubleshooting.md has the same lines for Windows.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MUSIC := $(VENV)/.music

.DEFAULT_GOAL := help
.PHONY: help setup reproduce notebooks docs lab test lint bench clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 20

# The checks come before anything is downloaded.
$(READY): setup.cfg setup.py pyproject.toml constraints.txt
	$(PYTHON) cosmic_lib/doctor.py --before-install
	@test -e $(READY) || $(PYTHON) -m venv --clear $(VENV)  # what an interrupted installation left may be broken
	$(BIN)/python -m pip install --quiet --upgrade "pip>=24"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	@touch $(READY)

$(MUSIC): $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[music]"
	@touch $(MUSIC)

setup: $(READY)  ## check Python and disk, then install into .venv

reproduce-album-art:  ## genre from album covers, and the metric that lied, on made-up covers
reproduce-cifar:  ## the CIFAR-10 tuning diary, with error bars, on sample data
reproduce-composers: $(MUSIC)  ## composers from MIDI, on scores that music21 brings
reproduce-galaxies:  ## spiral or elliptical, dense networks and a CNN, on made-up galaxies
reproduce-genre:  ## music genre, published and honest, on sample data
reproduce-%: $(READY)
	$(BIN)/cosmic reproduce $(subst -,_,$*)

reproduce: reproduce-album-art reproduce-cifar reproduce-composers reproduce-galaxies reproduce-genre  ## every study there is

notebooks: $(READY)  ## make the student notebooks from notebooks/source
	$(BIN)/cosmic notebooks build

docs: $(READY)  ## make the pages of the studies from results/
	$(BIN)/cosmic docs

lab: $(READY)  ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks

test: $(MUSIC)  ## run the tests, two files at a time
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder

lint: $(READY)  ## check style, types and that the notebooks match their sources
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/cosmic notebooks check

bench: $(READY)  ## time the slow parts, side by side
	$(BIN)/python benchmarks/features.py
	$(BIN)/python benchmarks/pipeline.py
	$(BIN)/python benchmarks/training.py
	$(BIN)/python benchmarks/midi.py
	$(BIN)/python benchmarks/galaxies.py
	$(BIN)/python benchmarks/grid.py

clean:  ## remove what was installed, cached and reported; results and data stay
	rm -rf $(VENV) cache reports build dist *.egg-info
