"""The doors of the house: floors are kept, imports stand at the top, only the command line prints, public names are real."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import symback

PACKAGE = Path(symback.__file__).parent
FLOORS = (
    {"errors"},
    {"language"},
    {"network", "calculus", "simplification"},
    {"pipeline"},
    {"numerics"},
    {"presentation"},
    {"verification"},
    {"cli", "serve"},
    {"__main__"},
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
OPTIONAL = {"torch", "jax", "matplotlib", "sklearn", "scipy", "autograd", "numba"}  # may be imported where they are used
EVALUATORS = {"eval", "exec", "sympify", "parse_expr", "parse_latex", "S"}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem != "__init__")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> list[tuple[str, bool]]:
    """(module, is inside a function) of every import."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    inner = {id(node) for function in functions for node in ast.walk(function)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in inner) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert all(alias.name != "*" for alias in node.names), "no star imports"
            found.append((node.module or "", id(node) in inner))
    return found


@pytest.fixture(params=MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def module(request):
    return request.param, ast.parse(request.param.read_text(encoding="utf-8"))


def test_a_room_imports_only_from_floors_below(module):
    path, tree = module
    room = room_of(path)
    assert room in FLOOR_OF, f"{room} has no floor"
    for name, _ in imports(tree):
        if not name.startswith("symback."):
            assert name != "symback", "rooms import rooms, not the front door"
            continue
        other = name.split(".")[1]
        assert other == room or FLOOR_OF[other] < FLOOR_OF[room], f"{path.name} in {room} imports {name}"


def test_no_import_stands_inside_a_function_but_for_optional_extras(module):
    _, tree = module
    assert [name for name, inside in imports(tree) if inside and name.split(".")[0] not in OPTIONAL] == []


def test_only_the_command_line_prints(module):
    path, tree = module
    calls = [node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    assert room_of(path) == "cli" or "print" not in calls


def test_nothing_evaluates_text(module):
    path, tree = module
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name == "exec" and path.name == "functions.py" and room_of(path) == "numerics":
                continue  # runs the source that symback itself generated from its own tensors, never text from outside
            assert name not in EVALUATORS, f"{path.name}:{node.lineno} calls {name}"


def test_every_module_function_and_class_says_what_it_is(module):
    path, tree = module
    assert ast.get_docstring(tree), f"{path} has no docstring"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path.name}: {node.name} has no docstring"


def test_every_module_lists_its_public_names(module):
    path, tree = module
    stated = [node for node in tree.body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"]
    if path.stem in ("__init__", "__main__"):
        return
    assert stated, f"{path} has no __all__"
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    defined |= {alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assigned = (node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign))
    defined |= {name.id for node in assigned for name in ast.walk(node) if isinstance(name, ast.Name)}
    assert set(ast.literal_eval(stated[0].value)) <= defined


def test_public_names_are_real_and_lazy():
    for name in symback.__all__:
        assert getattr(symback, name) is not None
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        symback.nothing_of_this_name  # noqa: B018
    code = "import sys, symback; print([m for m in ('sympy', 'numpy', 'rich') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
