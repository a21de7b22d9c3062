# Everything a fresh machine needs: Python 3.11 or later, git, make. `make demo` and `make test` do the rest.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: demo test check lint format types properties faults bench docs man dist lock clean

demo: $(STAMP)  ## start the sandbox; plan, apply and plan again an example
	$(BIN)/syncer demo

test: $(STAMP)  ## every test but the long fault matrix, with branch coverage of the code and the commands
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q -n auto --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

check: lint types test  ## what CI runs

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/lint-imports --no-cache

types: $(STAMP)
	$(BIN)/mypy

properties: $(STAMP)  ## every property with 25 times the examples, a few minutes
	SYNCER_TEST_DEPTH=25 $(BIN)/python -m pytest -q -n auto --dist worksteal -m hypothesis

faults: $(STAMP)  ## every fault at every request of an apply, and each store; half an hour
	$(BIN)/python -m tests.faults

bench: $(STAMP)  ## the figures of benchmarks/RESULTS.md, beside octodns, and terraform where it is installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[sandbox,bench]'
	$(BIN)/python -m benchmarks.run

docs: $(STAMP)  ## the manual as pages in site/; no link may lead nowhere
	$(BIN)/python -m tests.docs.cli_page --write
	$(BIN)/python -m tests.docs.project_page --write
	$(BIN)/mkdocs build --strict

man: $(STAMP)  ## the man pages, from the commands, in man/; a wheel that is built then holds them
	$(BIN)/python -m tests.docs.man_pages man

dist: man  ## sdist and wheel, as a release builds them, in dist/
	rm -rf dist
	$(BIN)/python -m hatchling build -d dist

lock: $(STAMP)  ## ci/requirements.txt: what CI and the image install, with hashes, as constraints.txt says
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	echo '# What CI and the image install, with hashes; made of constraints.txt by `make lock`.' > ci/requirements.txt
	printf 'hatchling\nhatch-vcs\n' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --extra postgresql --extra notify --extra tables -c constraints.txt pyproject.toml - >> ci/requirements.txt
	echo '# What builds a release, with hashes; made by `make lock`.' > ci/release.txt
	printf 'hatchling\nhatch-vcs\nclick-man\ncyclonedx-bom\n' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate -c constraints.txt pyproject.toml - >> ci/release.txt

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv build dist man site .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "syncer needs Python 3.11 or later; try make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[sandbox,dev]'
	@touch $(STAMP)
