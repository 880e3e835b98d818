# Each target installs what it needs into .venv; a second call is quick.
PYTHON ?= python3
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never
# Imports are compiled once and kept, whatever the machine is set to: Prefect alone takes four seconds otherwise.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo up test test-companions check format accuracy bench bench-scale lock clean

help:            ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## */\t/' | expand -t 20

.venv/bin/uv: requirements-uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] < (3, 14) else "job_hunter needs Python 3.11, 3.12 or 3.13; set PYTHON=python3.11")'
	@$(PYTHON) -m venv .venv || { echo "python3 -m venv failed: on Debian run 'apt-get install python3-venv'" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@touch $@

.venv/.installed: .venv/bin/uv requirements-dev.lock pyproject.toml
	@$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements-uv.lock requirements-dev.lock
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

demo: .venv/.installed   ## twelve simulated weeks, the newest through the real flow, and the report
	@$(BIN)/job-hunter demo

up: .venv/.installed   ## a local Prefect server with UI, a worker, the deployments and the sandbox; Ctrl-C ends all
	@$(BIN)/job-hunter up

test: .venv/.installed   ## the fast suite
	@$(BIN)/pytest

test-companions: .venv/.installed   ## slow tests against real programs
	@bash tests/companions/run.sh

check: .venv/.installed   ## format, lint, types, import contracts, lock files, docs
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python scripts/check_project.py

format: .venv/.installed   ## format and fix what can be fixed
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet .

accuracy: .venv/.installed   ## scores of the readings on labelled cases
	@$(BIN)/python -m benchmarks.accuracy

bench: .venv/.installed   ## ratios against a floor measured in the same run
	@$(BIN)/python -m benchmarks

bench-scale: .venv/.installed   ## a thousand and ten thousand boards, 1.3 million postings; half an hour, 10 GB
	@$(BIN)/python -m benchmarks.scale

lock: .venv/bin/uv   ## resolve anew; the lock files hold no addresses
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:           ## remove what the targets made
	rm -rf .venv .venv-companions .mypy_cache .ruff_cache .pytest_cache .hypothesis benchmarks/results
