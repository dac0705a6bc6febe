# What a newcomer types. Every target sets up what it needs; nothing is checked that cannot be run at home.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# what a person runs; a file that was changed since is compiled anew by itself
HOUSE := kernel channels crmcore tickets routing bot console webhooks hub
STAMP_DEV := $(VENV)/.installed-dev
# one more than the usual two cores: the tests wait for the wire a third of their time
WORKERS ?= 3
# kept from one start to the next: without it every start, and every command of a test, compiles the house anew
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint unit sqlite postgres bench torture setup clean

demo: $(STAMP)
	@DEMO_STARTED_BY=make $(BIN)/centrala demo $(ARGS)

setup: $(STAMP_DEV)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Centrala needs Python 3.11 or newer: make PYTHON=python3.12 demo")'
	@echo "Setting up .venv (about a minute the first time) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -e .
	@$(BIN)/python -m compileall -q $(HOUSE)
	@touch $@

$(STAMP_DEV): $(STAMP) pyproject.toml
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -e '.[dev]'
	@touch $@

# system packages: a browser for the page tests, and npm for axe-core, which looks at them
.PHONY: system
system:
	@scripts/system-packages chromium npm

test: $(STAMP_DEV) system lint sqlite postgres

lint: $(STAMP_DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

sqlite: $(STAMP_DEV)
	CENTRALA_TEST_ENGINE=sqlite $(BIN)/python -m pytest -n $(WORKERS) -m "not torture"

postgres: $(STAMP_DEV)
	CENTRALA_TEST_ENGINE=postgres $(BIN)/python -m pytest -n $(WORKERS) -m "database and not torture"

# where a container engine is there
.PHONY: image
image:
	docker build --tag centrala:$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml) .

bench: $(STAMP_DEV)
	@scripts/system-packages wrk
	$(BIN)/python -m bench $(ARGS)

torture: $(STAMP_DEV)
	CENTRALA_TEST_ENGINE=sqlite $(BIN)/python -m pytest -m torture --timeout 3600
	CENTRALA_TEST_ENGINE=postgres $(BIN)/python -m pytest -m torture --timeout 3600

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
