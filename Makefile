# Two commands are enough: `make run` opens the program on its sample project, `make test` passes the tests.
# Both set up everything they need in .venv first.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: run test check setup weights clean

run: $(VENV)/.ready-run
	@$(BIN)/python -m annotator.system --display
	$(BIN)/python main.py --sample

test: $(VENV)/.ready-test
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest

check: $(VENV)/.ready-test
	$(BIN)/ruff check .
	$(BIN)/mypy

setup: $(VENV)/.ready-test

# The embedded weights, trained again from nothing; see docs/weights.md for the real frames it can use.
weights: $(VENV)/.ready-run
	$(BIN)/python main.py recipe --output build/weights.safetensors

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Touchline needs Python 3.11 or newer; name one with: make run PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment; on Debian or Ubuntu: sudo apt-get install python3-venv"; exit 1; }

$(VENV)/.ready-run: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@$(BIN)/python -m annotator.system
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready-run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@

clean:
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis
