# Two commands set up everything on a fresh machine: `make demo` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PINS := requirements/constraints.txt
# A comma would part the arguments of a call, so extras have names.
FOR_DEMO := .[analysis]
FOR_SERVE := .[analysis,server]
FOR_TEST := .[all,dev]
FOR_PROVE := .[all,dev,spark]
SEED ?= 7

.PHONY: demo serve test prove check bench docs clean

demo: $(VENV)/.demo
	$(BIN)/trialist rehearse smart --seed $(SEED) --out out/smart --force

serve: $(VENV)/.serve
	$(BIN)/trialist serve --rehearsal $(SEED)

test: $(VENV)/.test
	TRIALIST_REQUIRE=$${TRIALIST_REQUIRE-postgresql,chromium,axe} $(BIN)/pytest -n 2 --dist worksteal -q

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist worksteal -q tests/unit tests/spec

prove: $(VENV)/.prove
	TRIALIST_PROVE=1 $(BIN)/pytest -q -m prove
	TRIALIST_PROVE_REPEATS=50 $(BIN)/pytest -q tests/acceptance/test_two_databases.py tests/unit/test_vault.py

bench: $(VENV)/.demo
	for file in benchmarks/*.py; do $(BIN)/python $$file || exit 1; done

docs: $(VENV)/.test
	$(BIN)/python docs/build.py

clean:
	rm -rf $(VENV) out

# uv installs ten times faster; pip does where uv cannot be had. Versions come from $(PINS).
define install
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv || true
	@echo "Installing $(1) into $(VENV) ..."
	@if test -x $(BIN)/uv; then \
	  $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -c $(PINS) -e "$(1)"; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(PINS) -e "$(1)"; fi
endef

$(VENV)/.demo: pyproject.toml $(PINS)
	$(call install,$(FOR_DEMO))
	@touch $@

$(VENV)/.serve: pyproject.toml $(PINS)
	$(call install,$(FOR_SERVE))
	@touch $@

$(VENV)/.test: pyproject.toml $(PINS) requirements/debian.txt
	$(call install,$(FOR_TEST))
	@bash requirements/debian.sh
	@touch $@ $(VENV)/.demo $(VENV)/.serve

$(VENV)/.prove: $(VENV)/.test
	$(call install,$(FOR_PROVE))
	@touch $@
