# Everything from a fresh clone, with Python 3.11 or later and make alone: no root, no system package.
#   make demo     ingest examples/ and show one question as two people ask it
#   make test     every test; `make unit` leaves out those that start whole processes
#   make lint     format, lint, strict types, import contracts
#   make check    lint, then test
# PYTHON=... chooses the interpreter, TEST_JOBS=... how many test processes run at once, ARGS=... goes to pytest.

VENV      ?= .venv
BIN       := $(VENV)/bin
STAMP     := $(VENV)/.installed
TEST_JOBS ?= 2
CODE      := $(wildcard catalog acl index privacy ingest retrieval flows evals cli tests benchmarks examples docs)

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help install demo test unit lint check format docs readme examples clean
.DELETE_ON_ERROR:

help:
	@sed -n '2,6s/^# \{0,1\}//p' Makefile

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@VENV=$(VENV) PYTHON="$(PYTHON)" sh .ci/install
	@touch $@

demo: $(STAMP)
	@$(BIN)/portcullis demo

test: $(STAMP)
	@$(BIN)/python -m pytest -q -n $(TEST_JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

unit: $(STAMP)
	@$(BIN)/python -m pytest -q -n $(TEST_JOBS) --dist loadfile --no-loadscope-reorder -m "not slow" $(ARGS)

lint: $(STAMP)
	@$(BIN)/ruff format --check --quiet $(CODE) || { echo "Not formatted: run \`make format\`."; exit 1; }
	@$(BIN)/ruff check --quiet $(CODE)
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo
	@wc -l $$(git ls-files '*.py') | awk '$$1 > 300 && $$2 != "total" {print "lint: " $$2 " has " $$1 " lines, more than 300"}'
	@echo "lint: format, rules, types and import contracts hold"

check: lint test

format: $(STAMP)
	@$(BIN)/ruff format --quiet $(CODE)
	@$(BIN)/ruff check --quiet --fix $(CODE)

docs: $(STAMP)
	@$(BIN)/python docs/make.py

readme: $(STAMP)
	@$(BIN)/python docs/readme.py

examples: $(STAMP)
	@$(BIN)/python examples/make.py

clean:
	rm -rf $(VENV) .portcullis .portcullis-demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
