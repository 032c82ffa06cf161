# Two commands: `make run` does the main job on the example, `make test` runs the whole suite.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check bench clean

run: $(VENV)/ready
	@"$(BIN)/docrail" --home out/home run examples/invoices/documents --spec examples/invoices/spec.yaml \
		--name invoices --out out/invoices.csv; status=$$?; test $$status -eq 0 -o $$status -eq 3

test: $(VENV)/ready-dev check
	"$(BIN)/python" -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

check: $(VENV)/ready-dev
	"$(BIN)/ruff" check src tests bench
	"$(BIN)/ruff" format --check src tests bench
	"$(BIN)/mypy"
	"$(BIN)/lint-imports"

$(VENV)/bin/python:
	"$(PYTHON)" -m venv "$(VENV)"

$(VENV)/ready: pyproject.toml | $(VENV)/bin/python
	"$(BIN)/python" -m pip install --quiet --editable .
	@touch "$@"

$(VENV)/ready-dev: pyproject.toml | $(VENV)/bin/python
	"$(BIN)/python" -m pip install --quiet --editable '.[dev]'
	@touch "$@" "$(VENV)/ready"

clean:
	rm -rf "$(VENV)" out
