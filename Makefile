PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLIS := .agents-under-test
CHECKS := .browser-checks
PEERS := .bench-peers
CHAOS := slow damage power_loss machine adversarial misleading crash
EXTERNAL := real_agents browser
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# One more worker than there are processors: tests wait for disks and processes.
WORKERS := $(shell $(PYTHON) -c 'import os; print(1 + len(getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count()))(0)))')
export PYTEST_XDIST_AUTO_NUM_WORKERS ?= $(WORKERS)

.PHONY: help demo test test-service test-chaos test-external test-properties crash-test $(CHAOS:%=chaos-%) $(EXTERNAL:%=external-%) check format bench bench-peers charts picture help-text wheel clean

help:  ## Say what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

demo: $(VENV)/run.stamp  ## Make a whole language course with the embedded agent: no key, no network
	$(BIN)/supervisor run course spa_for_eng_20seeds

test: $(VENV)/dev.stamp  ## Run the tests, but for those of the next three
	$(BIN)/python -m pytest -n auto --dist worksteal -p no:schemathesis --ignore=tests/service --ignore=tests/chaos --ignore=tests/misleading --ignore=tests/external

test-service: $(VENV)/dev.stamp  ## Run the tests of the job service, its web page and its webhooks
	$(BIN)/python -m pytest -n auto tests/service

test-chaos:  ## Kill, damage, starve and lie to it; PART= one of slow, damage, power_loss, machine, adversarial, misleading, crash
	@for part in $(or $(PART),$(CHAOS)); do $(MAKE) --no-print-directory chaos-$$part || exit; done

test-external:  ## Run it with what others make, installed here first; PART=real_agents or browser
	@for part in $(or $(PART),$(EXTERNAL)); do $(MAKE) --no-print-directory external-$$part || exit; done

crash-test: $(VENV)/dev.stamp  ## Kill N processes (500), at every point and at random moments, and look what is lost
	$(BIN)/python -m tests.chaos.crash $(N) $(if $(SEED),--seed $(SEED)) $(if $(PLAN),--plan '$(PLAN)')

test-properties: $(VENV)/dev.stamp  ## Property tests with 50 times as many examples, new ones each time
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -n auto -m hypothesis --ignore=tests/external

# Whole courses killed again and again, thousands of items, every benchmark in its smallest form.
chaos-slow: $(VENV)/dev.stamp $(VENV)/bench.stamp
	$(BIN)/python -m pytest -n auto tests/chaos/slow

# The state of projects is broken in many ways, mended, and gone on with.
chaos-damage: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n auto tests/chaos/damage

# Recorded runs are replayed with the power lost at every moment.
chaos-power_loss: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n auto tests/chaos/power_loss

# The machine fails in many ways while jobs run: disk, memory, files, processes, clock.
chaos-machine: $(VENV)/dev.stamp
	TEST_PATIENCE_S=180 $(BIN)/python -m pytest -n 4 tests/chaos/machine

# Agents do what no agent should, and go beyond the limits of their sessions.
chaos-adversarial: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n 0 tests/chaos/adversarial

# Agents, validators, items and set-ups that make a wrong result look right.
chaos-misleading: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n auto tests/misleading

# Every kind of process is killed at every point.
chaos-crash: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n auto tests/chaos/crash
	$(MAKE) --no-print-directory crash-test

# The real agent CLIs, at the versions of package.json, ask a scripted model on this machine.
external-real_agents: $(VENV)/dev.stamp $(CLIS)/stamp
	TEST_PATIENCE_S=180 SUPERVISOR_TEST_CLIS=$(CURDIR)/$(CLIS) $(BIN)/python -m pytest -n auto tests/external/real_agents

# The web page in Chromium, by mouse, keyboard and axe.
external-browser: $(VENV)/dev.stamp $(CHECKS)/stamp
	@command -v chromium >/dev/null || apt-get install -y -q chromium || { echo 'Chromium is needed: install it as `chromium`' >&2; exit 1; }
	SUPERVISOR_TEST_AXE=$(CURDIR)/$(CHECKS) $(BIN)/python -m pytest -n 2 tests/external/browser

check: $(VENV)/dev.stamp  ## Format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp  ## Put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/bench.stamp  ## Measure everything that docs/performance.md says; LARGE=1 also 100,000 batches
	$(BIN)/python -m benchmarks $(if $(LARGE),--large)

bench-peers: $(PEERS)/stamp  ## Install here what bench compares with, apart from the project

charts: $(VENV)/bench.stamp  ## Draw docs/charts/ from what bench found
	$(BIN)/python -m benchmarks.charts

picture: $(VENV)/run.stamp  ## Draw docs/live-view.svg from a real run
	$(BIN)/python docs/draw_live_view.py docs/live-view.svg

help-text: $(VENV)/run.stamp  ## Keep what `supervisor --help` says anew, after a command was changed
	PYTHONIOENCODING=utf-8 COLUMNS=80 TERM=dumb $(BIN)/python -c 'from supervisor.cli.cli_app import app_for; app_for(())(["--help"], prog_name="supervisor")' | sed 's/ *$$//' > supervisor/cli/help.txt

wheel: $(VENV)/dev.stamp  ## Build the wheel into dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:  ## Remove what was made, but for results
	rm -rf $(VENV) $(CLIS) $(CHECKS) $(PEERS) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/run.stamp

$(VENV)/bench.stamp: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	@touch $@ $(VENV)/run.stamp

$(PEERS)/stamp: benchmarks/peers.txt
	rm -rf $(PEERS)
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --requirement $<
	@touch $@

$(CHECKS)/stamp: tests/external/browser/package.json
	@command -v npm >/dev/null || { echo 'npm is needed to install axe: install Node.js 20 or newer, which brings it' >&2; exit 1; }
	rm -rf $(CHECKS) && mkdir $(CHECKS) && cp $< $(CHECKS)/package.json
	cd $(CHECKS) && npm install --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

$(CLIS)/stamp: tests/external/real_agents/package.json
	@command -v npm >/dev/null || { echo 'npm is needed to install the agent CLIs: install Node.js 20 or newer, which brings it' >&2; exit 1; }
	rm -rf $(CLIS) && mkdir $(CLIS) && cp $< $(CLIS)/package.json
	cd $(CLIS) && npm install --ignore-scripts=false --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@
