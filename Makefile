# make demo   the whole ViT on a real photo and on real digits, pictures in demo/
# make test   lint and every test
# make gpu    on an NVIDIA GPU: the tests marked gpu, and the benchmark against PyTorch
# make parity every logit and gradient against the libraries that published ViTs
# Each makes .venv on first use and installs requirements.txt into it; a second run installs nothing.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: demo test gpu parity clean

demo: $(INSTALLED)
	$(BIN)/vitnp demo --out demo

test: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest

$(INSTALLED): requirements.txt pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'vitnp needs Python 3.11 or newer; name one with make PYTHON=…')"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $(INSTALLED)

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

clean:
	rm -rf .venv .venv-gpu .venv-parity demo build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
