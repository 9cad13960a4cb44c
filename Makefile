# `make app` and `make test` are all that a fresh machine needs; Python 3.11 or newer must be there.
PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin
# Waiting threads that spin slow each other down many times on a shared machine.
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: app install install-dev browser test lint docs pictures checkpoints results sweeps bench chaos fuzz engines clean

app: install
	$(BIN)/ancra app --port $(PORT)

install: .venv/installed
install-dev: .venv/installed-dev

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python requirements.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -e .
	touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

# Chromium for the browser tests: the system's, installed from its packages where that is allowed.
browser:
	@tests/browser/install_chromium.sh

# Slurm for the tests of its launcher: Debian's packages, where they may be installed.
engines:
	@tests/integration/install_slurm.sh

# With the ten slowest tests, and the share of the lines of ancra/ and app/ that they reach in their own processes.
# The pages' scripts are left out: Streamlit compiles them itself, unseen.
test: install-dev browser engines lint
	OMP_NUM_THREADS=1 $(BIN)/python -m slipcover --source ancra,app --omit 'app/app_pages/*,app/streamlit_app.py' --skip-covered \
		-m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=10 -rs

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/biome ci --error-on-warnings ancra/web
	$(BIN)/mypy
	$(BIN)/lint-imports

# The tables of README.md and docs/ that are made from the code and from shipped results; tests hold them to it.
docs: install-dev
	for tool in rooms recipe_table results_table sweeps_table limits_table; do $(BIN)/python docs/tools/$$tool.py || exit; done

# The pictures of the README, taken in Chromium from the running app.
pictures: install-dev browser
	$(BIN)/python -m docs.tools.pictures

# Kills as many runs as REPEATS at random moments, and as much of what pages do; each has to end as if it never was.
REPEATS ?= 50
chaos: install
	ANCRA_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m tests.runs.chaos --repeats $(REPEATS)
	ANCRA_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz.chaos --repeats $(REPEATS)

# Every reader of files against any bytes and damaged good files; guided by coverage, too, where atheris is installed.
EXAMPLES ?= 10000
SECONDS ?= 60
fuzz: install-dev
	ANCRA_FUZZ=$(EXAMPLES) $(BIN)/python -m pytest -n 2 tests/fuzz
	$(BIN)/python tests/fuzz/guided.py --seconds $(SECONDS)

MODELS := natural natural-ra pgd-at trades mart pgd-at-ancra trades-ancra mart-ancra

# RECIPES:FOLDER, the beginning of the recipes' names and the folder of checkpoints/ that their models go to.
SETS := digits:digits fashion:fashion_mnist

# Two runs at a time with one thread each: small networks gain nothing from more threads.
checkpoints: install
	for set in $(SETS); do printf '%s\n' $(MODELS) | ANCRA_THREADS=1 OMP_NUM_THREADS=1 xargs -P 2 -I {} \
		$(BIN)/ancra train $${set%:*}-{} --out workspace/shipped/$${set%:*}-{} --resume \
		--checkpoint checkpoints/$${set#*:}/{}.safetensors || exit; done
	$(BIN)/ancra evaluate --write --attacks worst $(foreach set,$(SETS),$(MODELS:%=checkpoints/$(lastword $(subst :, ,$(set)))/%.safetensors))

# What the app shows of them at once; when stopped, it goes on where it was.
SHOWN := $(foreach set,$(SETS),$(MODELS:%=$(lastword $(subst :, ,$(set)))/%)) \
	$(addprefix digits-strategies/,random soft-ls hard-ls targeted-attack)

results: install
	printf '%s\n' $(SHOWN) | ANCRA_THREADS=1 OMP_NUM_THREADS=1 xargs -P 2 -I {} \
		$(BIN)/ancra results {} --parts attacks,autoattack,trust,curves --into checkpoints/results
	$(BIN)/ancra results $(SHOWN) --parts transfer --into checkpoints/results
	$(BIN)/python -m ancra.reports.demonstration
	$(BIN)/python -m ancra.maps.ship
	OMP_NUM_THREADS=1 $(BIN)/python -m ancra.reports.shipped_traces

# The paper's Table 2 and Figures 3 and 4 on digits, and the models of Table 2; when stopped, it goes on where it was.
SWEEPS := table2-digits figure3-digits figure4-digits
STRATEGIES := random soft_ls hard_ls targeted_attack

sweeps: install
	for name in $(SWEEPS); do ANCRA_SLOTS=2 ANCRA_THREADS=1 OMP_NUM_THREADS=1 \
		$(BIN)/ancra sweep $$name --into checkpoints/results/sweeps || exit; done
	mkdir -p checkpoints/digits-strategies
	for name in $(STRATEGIES); do \
		cp "$${ANCRA_HOME:-workspace}/sweeps/table2-digits/runs/strategy-$${name}_seed-0/checkpoints/final.safetensors" \
			checkpoints/digits-strategies/$$(echo $$name | tr _ -).safetensors || exit; done

# The peers live in an environment of their own: their requirements and the app's do not fit together.
benchmarks/.venv/installed: benchmarks/requirements.txt .venv/installed
	$(PYTHON) -m venv benchmarks/.venv
	benchmarks/.venv/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	touch $@

bench: install benchmarks/.venv/installed
	benchmarks/.venv/bin/python benchmarks/attacks.py
	$(BIN)/python benchmarks/maps.py
	$(BIN)/python benchmarks/training.py

clean:
	rm -rf .venv benchmarks/.venv workspace/shipped
