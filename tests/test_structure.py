"""The layout: who may import whom, how long a file may be, what `import vitnp` may load."""

import ast
import importlib
import pathlib
import pkgutil
import subprocess
import sys
import sysconfig

import pytest

import vitnp

PACKAGE = pathlib.Path(vitnp.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

# What a folder may import of vitnp besides itself, as in docs/design.md; commands may import everything.
MAY_IMPORT = {
    "errors": set(),
    "tree": set(),
    "system": {"errors"},
    "backend": {"errors", "tree"},
    "ops": {"backend", "errors"},
    "steps": {"backend", "errors", "ops"},
    "blocks": {"backend", "ops", "steps"},
    "inputs": {"backend", "errors", "tree"},
    "models": {"backend", "blocks", "errors", "inputs", "ops", "steps", "tree"},
    "engine": {"backend", "errors", "inputs", "models", "ops", "system", "tree"},
    "data": {"errors", "inputs", "system"},
    "weights": {"backend", "errors", "inputs", "models", "ops", "system", "tree"},
    "tasks": {"backend", "data", "engine", "errors", "inputs", "models", "ops", "steps", "tree"},
    "analysis": {"backend", "blocks", "engine", "errors", "inputs", "models", "ops", "steps", "tree"},
    "training": {
        "backend",
        "data",
        "engine",
        "errors",
        "inputs",
        "models",
        "system",
        "tasks",
        "tree",
        "weights",
    },
    "course": {
        "analysis",
        "backend",
        "blocks",
        "data",
        "engine",
        "errors",
        "inputs",
        "models",
        "ops",
        "steps",
        "system",
        "tasks",
        "training",
        "tree",
    },
    "show": {"analysis", "backend", "course", "errors", "inputs", "steps", "system"},
}


def name(path):
    """Where a file stands in the package."""
    return path.relative_to(PACKAGE).as_posix()


def folder(path):
    """`ops/gelu.py` → ops, `vit.py` → vit."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """Yield every module imported anywhere in a file; `from vitnp import vit` is vitnp.vit."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)} has a relative import; name the module from vitnp on"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_room_is_there():
    assert set(MAY_IMPORT) <= {folder(path) for path in FILES}


@pytest.mark.parametrize("path", [path for path in FILES if folder(path) in MAY_IMPORT], ids=name)
def test_who_imports_whom(path):
    ours = {
        module.split(".")[1]
        for module in imports(path)
        if module.startswith("vitnp.") and module != "vitnp.__version__"
    }
    assert ours - {folder(path)} - MAY_IMPORT[folder(path)] == set()


def test_no_circle():
    """Files import one another in one direction only, also inside a folder and inside functions."""
    files = {
        "vitnp." + name(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."): path
        for path in FILES
    }
    arrows = {}
    for module, path in files.items():
        found = {full if full in files else full.rpartition(".")[0] for full in imports(path)}
        arrows[module] = {target for target in found & files.keys() if target != module}
    while leaves := [module for module, found in arrows.items() if not found & arrows.keys()]:
        for module in leaves:
            del arrows[module]
    assert arrows == {}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_function_has_more_than_eight_parameters(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            assert len([a for a in named if a.arg != "self"]) <= 8, f"{name(path)} {node.name}"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_length_and_docstring(path):
    text = path.read_text("utf-8")
    assert text.count("\n") <= 250
    assert ast.get_docstring(ast.parse(text)), "every file says what it is"


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if folder(path) in ("ops", "steps", "blocks", "models")],
    ids=name,
)
def test_the_mathematics_does_not_name_numpy(path):
    """The array decides whose functions are called; initial weights are drawn on the host, with NumPy."""
    if path.name == "initializers.py":
        return
    assert not [
        module for module in imports(path) if module.split(".")[0] in ("numpy", "scipy", "cupy", "cupyx")
    ]


def test_the_contract_knows_no_model():
    """Anybody can call it on their own step: it stands on `tree`, `backend`, `errors` and the gradient check alone."""
    files = {
        f"vitnp.analysis.{name}"
        for name in ("point", "derivatives", "at_once", "results", "clauses", "contract", "gradcheck")
    }
    for file in files:
        path = PACKAGE.parent.joinpath(*file.split(".")).with_suffix(".py")
        ours = {module for module in imports(path) if module.startswith("vitnp.")}
        known = (*files, "vitnp.tree", "vitnp.errors", "vitnp.backend.")
        assert [module for module in ours if not module.startswith(known)] == []


def test_only_the_backend_imports_cupy():
    assert {folder(path) for path in FILES if any(module.startswith("cupy") for module in imports(path))} == {
        "backend"
    }


def python(*arguments):
    """What another interpreter prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=PACKAGE.parent,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded(program):
    """The installed packages, and the modules of vitnp, that a program has loaded when it ends."""
    files = python(
        "-c",
        f"import sys; old = set(sys.modules); {program}; new = set(sys.modules) - old\n"
        "print(*(getattr(sys.modules[name], '__file__', None) for name in new), sep='\\n')\n"
        "print(*(name for name in new if name.startswith('vitnp.')), sep='\\n')",
    ).splitlines()
    installed = {pathlib.Path(sysconfig.get_path(scheme)) for scheme in ("purelib", "platlib")}
    packages = {
        pathlib.Path(file).relative_to(folder).parts[0]
        for file in files
        for folder in installed
        if folder in pathlib.Path(file).parents
    }
    return packages - {"vitnp"}, {file for file in files if file.startswith("vitnp.")}


def test_importing_vitnp_loads_no_package():
    """Not even NumPy: every public name is imported at first use."""
    assert loaded("import vitnp")[0] == set()


def test_a_model_with_the_tanh_gelu_needs_no_scipy():
    """Forward and backward: in a browser, where SciPy is the larger part of what is loaded."""
    program = (
        "import numpy as np, vitnp; c = vitnp.preset('tiny'); p = vitnp.vit.init(None, c, 'float64'); "
        "y, saved = vitnp.vit.forward(np.zeros((1, *c.image_size, 3)), p, c); vitnp.vit.backward(y, saved)"
    )
    assert loaded(program)[0] == {"numpy"}


@pytest.mark.parametrize("words", [["--help"], ["recipes"]])
def test_only_the_typed_command_is_imported(words):
    program = f"from vitnp.commands import cli\ntry: cli.main({words})\nexcept SystemExit: pass"
    modules = loaded(f"exec({program!r})")[1]
    commands = {name.split(".")[2] for name in modules if name.startswith("vitnp.commands.")}
    assert commands - {"cli", "overview"} == {word for word in words if not word.startswith("-")}


@pytest.mark.parametrize(
    "module",
    [found.name for found in pkgutil.walk_packages(vitnp.__path__, "vitnp.") if "__main__" not in found.name],
)
def test_every_module_can_be_imported(module):
    importlib.import_module(module)


def test_python_m_vitnp():
    assert python("-m", "vitnp", "--version").strip() == f"vitnp {vitnp.__version__}"


def test_the_public_names_exist():
    assert [public for public in vitnp.__all__ if not hasattr(vitnp, public)] == []


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if folder(path) != "weights" and name(path) != "models/__init__.py"],
    ids=name,
)
def test_nobody_else_chooses_by_family(path):
    """A comparison with `….family` outside of models/__init__ and weights/."""
    compared = [
        node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Compare)
    ]
    sides = [side for node in compared for side in (node.left, *node.comparators)]
    assert not [side for side in sides if isinstance(side, ast.Attribute) and side.attr == "family"]
