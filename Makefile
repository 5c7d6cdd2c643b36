# Everything a developer does. `make demo` and `make test` set up all they need themselves.
# uv is used when it is there; venv and pip otherwise. Versions and hashes come from requirements/*.txt.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LOCKS  := run test bench faults lint

.DEFAULT_GOAL := help
.PHONY: help demo test chaos lint format bench bench-peers faults load-test wheel lock lock-check clean

help:  ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.test  ## set up everything and run the main job on this repository
	@$(BIN)/python examples/demo.py

test: $(VENV)/.test  ## set up what tests need and pass them (ARGS="-k name" for some)
ifdef ARGS
	$(BIN)/python -m pytest $(ARGS)
else
	$(BIN)/python -m pytest --numprocesses auto tests/unit
	$(BIN)/python -m pytest --ignore tests/unit
endif

chaos: $(VENV)/.test  ## try for minutes to break the crew (ARGS="--short" or names of trials)
	PYTHONPATH=tests $(BIN)/python -P -m chaos $(ARGS)

lint: $(VENV)/.lint  ## formatting, lint, types, and whether the locks are in step
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright --project pyproject.toml
	@$(MAKE) --no-print-directory lock-check

format: $(VENV)/.lint  ## format the code and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.bench  ## run the short form of every benchmark, beside its peers (ARGS="--long --publish")
	$(BIN)/python benchmarks/run.py $(ARGS)

bench-peers:  ## install the TypeScript SDKs for bench to measure beside (needs npm)
	cd benchmarks/peers/ts_echo && npm install --no-package-lock --no-audit --no-fund

faults: $(VENV)/.faults  ## kill, stop and poison workers, here and in other pools (ARGS="--long --readme")
	$(BIN)/python benchmarks/faults.py $(ARGS)

load-test: $(VENV)/.bench  ## put a server under load (ARGS="--concurrency 1 -- COMMAND")
	$(BIN)/python benchmarks/load_test.py $(ARGS)

wheel: $(VENV)/.lint  ## build dist/*.whl
	rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation --outdir dist

lock: $(VENV)/.lint  ## write requirements/*.txt anew from pyproject.toml
	@$(foreach lock,$(LOCKS),$(call compile,$(lock),requirements/$(lock).txt) &&) true

lock-check: $(VENV)/.lint
	@mkdir -p $(VENV)/locks && cp requirements/*.txt $(VENV)/locks/
	@$(foreach lock,$(LOCKS),$(call compile,$(lock),$(VENV)/locks/$(lock).txt) &&) true
	@for lock in $(LOCKS); do cmp requirements/$$lock.txt $(VENV)/locks/$$lock.txt || \
	  { echo "requirements/$$lock.txt is out of step with pyproject.toml: run make lock"; exit 1; }; done

clean:  ## remove what was set up and built
	rm -rf $(VENV) dist benchmarks/peers/ts_echo/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*

# run.txt is what users get; the others add a dependency group of their own name.
group   = $(if $(filter run,$(1)),,--group $(1))
compile = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-header --no-annotate --no-emit-index-url $(call group,$(1)) pyproject.toml -o $(2)

$(VENV)/.python:
	@PYTHON=$(PYTHON) VENV=$(VENV) ./requirements/make-venv
	@touch $@

$(VENV)/.%: $(VENV)/.python requirements/%.txt pyproject.toml
	@VENV=$(VENV) ./requirements/install $*
	@touch $@

# A stamp is no intermediate file that make may delete.
.PRECIOUS: $(VENV)/.%
