PYTHON ?= python3
PROFILE ?= smoke
JOBS ?= 2
COURSE := .venv/bin/course-gan
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run lab app test build lock clean
help:            ## what there is
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/ —/'
setup:           ## set up .venv from requirements.lock (every target does)
	@$(PYTHON) scripts/bootstrap.py
run: setup       ## run every lesson headless into build/run (PROFILE=smoke|cpu|gpu, JOBS=2)
	@$(COURSE) run --profile $(PROFILE) --jobs $(JOBS)
lab: setup       ## open JupyterLab on your own copy, my/
	@$(COURSE) lab
app: setup       ## serve the stylist and the training panel as pages of their own (voila)
	@cd app && ../.venv/bin/voila .
test: setup      ## lint, unit tests, every lesson executed, every notebook validated
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/python -m pytest -q -n 2 --dist loadfile --nbval-lax tests notebooks
build: setup     ## rebuild the notebooks whose source or library changed
	@.venv/bin/python -m workshop
lock: setup      ## resolve requirements.lock anew from pyproject.toml
	@.venv/bin/python -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --upgrade --python-version 3.11 --all-extras pyproject.toml -o requirements.lock
clean:           ## remove what can be made again (never my/, grading/, a training, or what you changed)
	@$(or $(wildcard .venv/bin/python),$(PYTHON)) scripts/clean.py
