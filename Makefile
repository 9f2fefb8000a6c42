# Every target makes the environment first if it is not there; `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup demo up test lint format reference docs screenshots bench clean

PORT ?= 8000
BIN := .venv/bin
READY := .venv/.ready

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(READY) ## make .venv from pinned dependencies

$(READY): pyproject.toml constraints.txt scripts/setup scripts/torchaudio_without_cuda.py
	@scripts/setup

demo: $(READY) ## start everything, run examples/paired_digits.yaml, print the report, stop everything
	@$(BIN)/synib demo

up: $(READY) ## keep the service running on 127.0.0.1:8000 (PORT= changes it) until Ctrl-C
	@$(BIN)/synib up --port $(PORT)

test: $(READY) ## all tests, in parallel, on real servers
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n logical --maxprocesses 8 --dist loadfile

lint: $(READY) ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY) ## rewrite the code as ruff likes it
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

reference: $(READY) ## write what docs/ has from the code: reference.md, api.md, schemas.md, pictures
	@for name in reference api_reference pictures; do $(BIN)/python -m scripts.$$name || exit 1; done

docs: $(READY) ## build the handbook: site/index.html opens without a server
	@$(BIN)/python -m scripts.docs_site site

screenshots: $(READY) ## pictures of every page in screenshots/; needs chromium
	@$(BIN)/python scripts/screenshots.py

bench: $(READY) ## print every benchmark's table
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

clean: ## remove the environment, caches, the demo's report and the site; data in .synib stay
	@rm -rf .venv .setup.log .setup.lock .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache report screenshots site
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
