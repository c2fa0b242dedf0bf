# Everything runs in .venv, which the first target that needs it makes. Another Python: make PYTHON=python3.12 demo
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
PYTEST_ARGS ?= -n auto
FUZZ_SECONDS ?= 20
FUZZ_SEED ?= 1
# Hundreds of short runs: each would compile all of vssx again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test lint fuzz interop bench man clean
.DELETE_ON_ERROR:

help:  ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.with-run  ## Run the embedded recorder, export, sign and verify: a handover to look at in demo-out/
	@$(BIN)/python samples/demo.py

test: $(VENV)/.with-test  ## The tests that need nothing but Python
	$(BIN)/python -m pytest $(PYTEST_ARGS) -m "not interop"

lint: $(VENV)/.with-test $(VENV)/.with-lint  ## Style, types, import contracts, man pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python man/generate.py --check

fuzz: $(VENV)/.with-test $(VENV)/.with-fuzz  ## Every reader under atheris, FUZZ_SECONDS (20) each; FUZZ_SEED=0: new ways
	$(BIN)/python tests/fuzz/run.py --seconds $(FUZZ_SECONDS) --seed $(FUZZ_SEED)

interop: $(VENV)/.with-test $(VENV)/.with-interop  ## The tests against other people's programs (see .ci/run for their packages)
	$(BIN)/python -m pytest $(PYTEST_ARGS) --dist loadfile -m interop

bench: $(VENV)/.with-run  ## Time and memory against ffmpeg and openssl (docs/performance.md)
	$(BIN)/python bench/run.py

man: $(VENV)/.with-run  ## Write the man pages from the commands
	$(BIN)/python man/generate.py

clean:  ## Remove what the targets above made
	rm -rf $(VENV) demo-out bench/out .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "vssx needs Python 3.11 or newer. Name one: make PYTHON=python3.12 demo" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

# One stamp an extra: pip runs again only when pyproject.toml changes.
$(VENV)/.with-run: pyproject.toml | $(BIN)/python
	@echo "Installing vssx into $(VENV) ..."
	@$(PIP) --editable .
	@touch $@

$(VENV)/.with-%: pyproject.toml $(VENV)/.with-run
	@echo "Installing what 'make $*' needs into $(VENV) ..."
	@$(PIP) --editable '.[$*]'
	@touch $@

.PRECIOUS: $(VENV)/.with-%
