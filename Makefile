# つながるデスク. Everything a newcomer needs: make run, make test.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: setup run test lint eval bench load lock clean papers shots
.DEFAULT_GOAL := run

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 以上が必要です (いまは $$($(PYTHON) --version))。PYTHON=python3.12 make のように指定できます。"; exit 1; }
	@echo "環境を用意しています (初回だけ数分かかります)…"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	@echo "テストの道具を入れています…"
	@$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

run: setup
	@$(BIN)/referral serve --demo --port $(PORT)

test: $(VENV)/.ready-dev lint
	@$(BIN)/python -m pytest

lint: $(VENV)/.ready-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/referral check

# How well windows are found, on the cases in tests/matching/cases (ARGS=--fails lists what failed).
eval: $(VENV)/.ready-dev
	@$(BIN)/python -m tests.matching.evaluate $(ARGS)

# How fast, side by side in one run.
bench: $(VENV)/.ready-dev
	@$(BIN)/python -m tests.matching.bench
	@$(BIN)/python -m tests.papers.bench

# How many desks one server carries: about two minutes, on this machine only (ARGS="--desks 10").
load: $(VENV)/.ready-dev
	@$(BIN)/python -m tests.load $(ARGS)

# Pins every dependency with the hashes of all platforms; the lock files name no host.
lock: $(VENV)/.ready-dev
	@$(PIP) install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes --no-header --quiet -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra build --extra dev --universal --python-version 3.11 --generate-hashes --no-header --quiet -o requirements-dev.lock

# Every paper as PDF and pictures into build/papers; ARGS=--accept keeps their structure as reviewed.
papers: $(VENV)/.ready-dev
	@$(BIN)/python -m tests.papers.making build/papers $(ARGS)

# Pictures of every screen and paper into build/shots (needs Chromium).
shots: $(VENV)/.ready-dev
	@$(BIN)/python tests/shots.py build/shots

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
