# make demo   the whole ViT on a real photo and on real digits: a summary, and demo/report.html with tables and pictures
# make trained  a trained ViT, DINOv2's S/14, into the cache (90 MB to download), and what to do with it
# make check  under a minute: lint, the slides' shapes, gradients, golden files; for whoever has changed a step
# make test   lint and every test, on every core
# make lab    copies of the notebooks in work/, and JupyterLab, opened at the tour; LANG=ko or LANG=en, OPTIONS=--no-browser
# make slides NOTEBOOK=notebooks/ko/05_attention.ipynb    a notebook as slides that need no network, and as a PDF: slides/
# make slides PLAN=90min LANG=ko    the same of all that a lesson plan shows, with speaker notes; OPTIONS=--help for more
# make site   the notebooks for a browser with nothing installed, and the interactive pages: site/, for any web server
# make site-check       start such a site in Chromium, which reaches no other machine, from Pyodide's core files of npm
# make sheet  the formula sheet and the errata, A4 pages in PDF in both languages, into docs/sheet
# make notebooks        build and run the notebooks from notebooks/src
# make check-notebooks  run them all, and compare with those that are there; NUMBERS="05 08" for some
# make gpu    on an NVIDIA GPU: the tests marked gpu, and the benchmark against PyTorch
# make mutants          small changes in vitnp, drawn by chance: each has to fail a test; OPTIONS=--help for more
# make fuzz   inputs altered by chance, two minutes, the same every time; MINUTES=60 for an hour, OPTIONS=--help for more
# make fuzz-guided      the same, led by the lines that are reached: atheris, in an environment of its own
# make parity every logit and gradient against timm, Hugging Face and torchvision
# make bench  speed and memory against PyTorch, JAX, ONNX Runtime and the bare matrix products: tables and pictures of docs/benchmarks.md
# demo makes .venv on first use and installs what vitnp itself needs; the others add the development tools to it (what
# requirements.txt has). Each is installed once, in either order; a second run installs nothing.
PYTHON ?= python3
BIN := .venv/bin
OWN := .venv/.own
INSTALLED := .venv/.installed

.PHONY: demo trained check test lab slides site site-check sheet notebooks check-notebooks mutants fuzz fuzz-guided parity bench gpu clean

demo: $(OWN)
	$(BIN)/vitnp demo --out demo

trained: .venv/.onnx
	@$(BIN)/vitnp weights fetch dinov2-s/14
	@echo "next: $(BIN)/vitnp look PHOTO --weights dinov2-s/14 --out seen"

.venv/.onnx: $(OWN)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[onnx]"
	@touch $@

check: $(INSTALLED)
	$(BIN)/python tests/check.py

test: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not alone"
	$(BIN)/python -m pytest -m alone

# LANG is in the environment of every shell; only that of the command line, LANG=ko, is an option
ASKED = $(if $(findstring command line,$(origin LANG)),--lang $(firstword $(subst _, ,$(LANG))))

lab: $(BIN)/jupyter-lab
	@$(BIN)/vitnp lab work --open $(ASKED) $(if $(OPTIONS),-- $(OPTIONS))

slides: $(INSTALLED) .venv/slides/.installed
	@$(BIN)/python notebooks/slides $(NOTEBOOK) $(if $(PLAN),--plan $(PLAN)) $(ASKED) $(OPTIONS)

.venv/slides/.installed: notebooks/slides/requirements.txt
	@echo "copying reveal.js and MathJax into .venv/slides, once only: 9 MB to download"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target .venv/slides -r $<
	@touch $@

site: $(INSTALLED) .venv-site/.installed
	@$(BIN)/python notebooks/lite $(OPTIONS)

site-check: $(INSTALLED) .venv-site/.installed
	@$(BIN)/python notebooks/lite --check

NO_LITE := || { echo "make site needs JupyterLite in .venv-site, and it could not be installed; it needs a network once, or a PyPI mirror in PIP_INDEX_URL"; exit 2; }

# JupyterLite in an environment of its own, and the wheel of comm, which its kernel needs and Pyodide has not
.venv-site/.installed: notebooks/lite/requirements.txt
	@echo "installing JupyterLite into .venv-site, once only"
	@$(PYTHON) -m venv .venv-site
	@.venv-site/bin/python -m pip install --quiet --disable-pip-version-check -r $< $(NO_LITE)
	@.venv-site/bin/python -m pip download --quiet --disable-pip-version-check --no-deps -d .venv-site/wheels comm==0.2.3 $(NO_LITE)
	@touch $@

sheet: $(OWN)
	$(BIN)/python -m vitnp.show.sheet docs/sheet

$(BIN)/jupyter-lab: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[notebooks]"
	touch $@

notebooks: $(INSTALLED)
	$(BIN)/python notebooks/build.py

check-notebooks: $(INSTALLED)
	$(BIN)/python notebooks/build.py --check $(NUMBERS)

# the first time two runs of the suite, to measure which test reaches which line and what passes in a copy; then an hour
mutants: $(INSTALLED)
	PYTHONPATH=.:tests $(BIN)/python -m mutation $(OPTIONS)

MINUTES := 2

fuzz: $(INSTALLED)
	PYTHONPATH=.:tests $(BIN)/python -m fuzz --minutes $(MINUTES) $(OPTIONS)

# atheris is there for Linux and macOS
fuzz-guided: .venv-fuzz/.installed
	PYTHONPATH=.:tests .venv-fuzz/bin/python -m fuzz --guided --minutes $(MINUTES) $(OPTIONS)

.venv-fuzz/.installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check -e ".[dev,fuzz]"
	touch $@

# how many packages and megabytes: measured on Linux with Python 3.11
$(OWN): pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'vitnp needs Python 3.11 or newer; name one with make PYTHON=…')"
	@echo "installing what vitnp needs into .venv, once only: about 20 packages, 88 MB to download, 400 MB there"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -e .
	@touch $@

$(INSTALLED): requirements.txt $(OWN)
	@echo "installing the development tools into .venv, once only: about 59 packages, 390 MB there"
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	@touch $@

# against PyTorch, timm, transformers and torchvision, in an environment of its own (about 1.5 GB)
parity: .venv-parity/.installed
	.venv-parity/bin/python -m pytest tests/parity

.venv-parity/.installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv-parity
	.venv-parity/bin/python -m pip install --quiet --disable-pip-version-check -e ".[dev,parity,hub,names]"
	touch $@

# CuPy for the CUDA of the driver here and PyTorch, in an environment of its own (a download of about 1.5 GB)
gpu: .venv-gpu/.installed
	.venv-gpu/bin/python -m pytest -m gpu -rs
	.venv-gpu/bin/python benchmarks/gpu.py

.venv-gpu/.installed: requirements.txt pyproject.toml
	@$(PYTHON) benchmarks/gpu.py --extra
	$(PYTHON) -m venv .venv-gpu
	.venv-gpu/bin/python -m pip install --quiet --disable-pip-version-check torch==2.13.0 \
	  -e ".[dev,$$($(PYTHON) benchmarks/gpu.py --extra)]"
	touch $@

# a quiet machine with 16 GB, half an hour; QUICK=--quick: four rows in a few minutes, no pictures
bench: .venv-bench/.installed
	$(UNSET) .venv-bench/bin/python benchmarks/speed.py $(QUICK)
	$(if $(QUICK),,$(UNSET) .venv-bench/bin/python benchmarks/curves.py)

UNSET := env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE -u OPENBLAS_NUM_THREADS -u OMP_NUM_THREADS -u MKL_NUM_THREADS

.venv-bench/.installed: requirements.txt pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'vitnp needs Python 3.11 or newer; name one with make PYTHON=…')"
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -e ".[bench]" || { echo "make bench needs PyTorch, JAX and ONNX Runtime in .venv-bench, and they could not be installed; without them: .venv/bin/python benchmarks/speed.py --against limit"; exit 2; }
	touch $@

clean:
	rm -rf .venv .venv-parity .venv-bench .venv-gpu .venv-fuzz .venv-site demo slides site build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .mutation
