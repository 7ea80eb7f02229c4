"""In which form arguments and results travel, and whether shapes fit: without a word about the library of the arrays.

This text goes into every stand-alone module that symback writes, so it needs nothing.
"""

from symback.errors import ShapeError

__all__ = ["Shapes", "fitting", "members", "packed"]

Size = int | str
Shapes = dict[str, tuple[Size, ...]]


def fitting(*shapes: tuple[str, tuple, tuple]) -> list[int]:
    """The sizes that are left open, in order, from triples (name, shape found, shape wanted); refused if they do not agree."""
    sizes: dict[str, int] = {}
    for name, found, wanted in shapes:
        for position, size in enumerate(wanted if len(wanted) == len(found) else ()):
            if isinstance(size, str):
                sizes.setdefault(size, found[position])
        expected = tuple(sizes[size] if isinstance(size, str) and size in sizes else size for size in wanted)
        if tuple(found) != expected:
            raise ShapeError(_wrong_shape(name, tuple(found), wanted, expected))
    if sizes["N"] == 0:
        raise ShapeError("x has no rows; a batch needs at least one sample")
    return list(sizes.values())


def members(title: str, params, names: list[str], pairs: list | None) -> dict:
    """The arrays of a group, called `title`, by name, from a dict or from a list of (W, b)."""
    if isinstance(params, dict):
        missing = [name for name in names if name not in params]
        extra = [name for name in params if name not in names]
        if missing or extra:
            wrong = f"{'missing' if missing else 'unknown'}: {', '.join(map(str, missing or extra))}"
            raise ShapeError(f"{title} has the wrong names, {wrong}; it should have {', '.join(names)}")
        return params
    if pairs is None:
        raise ShapeError(f"{title} is a {type(params).__name__}; for this network it should be a dict with {', '.join(names)}")
    found: list = []
    try:
        layers = list(params)
        if len(layers) == len(pairs):
            found = [array for weights, bias in layers for array in (weights, bias)]
    except (TypeError, ValueError):
        pass
    if len(found) != 2 * len(pairs):
        raise ShapeError(f"{title} should be a list of {len(pairs)} pairs (W, b), one for each layer; it is {_described(params)}")
    return dict(zip([name for pair in pairs for name in pair], found, strict=True))


def packed(arrays: list, names: list[str], like=None) -> list | dict:
    """Arrays in the form of `like`: a dict by name if it is one, or is not there, else a list of (W, b)."""
    if like is None or isinstance(like, dict):
        return dict(zip(names, arrays, strict=True))
    return list(zip(arrays[::2], arrays[1::2], strict=True))


def _described(value) -> str:
    length = f" of length {len(value)}" if hasattr(value, "__len__") else ""
    return f"a {type(value).__name__}{length}"


def _wrong_shape(name: str, found: tuple, shape: tuple, expected: tuple) -> str:
    """What the shape is, what it should be, and what would mend it."""
    should = f"({', '.join(map(str, expected))}{',' if len(expected) == 1 else ''})"
    meaning = {"x": " = (batch, inputs)", "y": " = (batch, outputs)"}.get(name, "")
    message = f"{name} has shape {found}; it should be {should}{meaning}"
    if name in ("x", "y") and len(found) == 1:
        return f"{message}; for a single sample give {name}[None, :]"
    if found == expected[::-1] and len(found) == 2:
        return f"{message}; it looks transposed"
    if name == "y" and len(found) == 2 and found[1:] == expected[1:]:
        return f"{message}; x and y should have as many samples"
    return message
