r"""A correction in the author's own text: what was not wrong stays letter by letter.

    printed      \delta^{l} = \left( W^{l}\right)^T\!\delta^{l+1}
    corrected    \delta^{l} = \left( W^{l+1}\right)^T\!\delta^{l+1}

Two trees are walked side by side, and where they part the text of the one is exchanged for that of the other, in which every
piece that the author has printed is printed as he did.  The road not taken, to print the corrected tree, changes spacing,
brackets and macros all over a formula of which one letter was wrong.  Whether the new text reads as the corrected tree is for
the caller to see: places of signs that come out of macros are those of the macro.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from symback.verification.tree import INFIX_KINDS, Tree, walk
from symback.verification.unparse import unparse

__all__ = ["Edit", "edits_between", "in_authors_text", "spliced"]

Edit = tuple[int, int, str]  # from, to, what stands there instead


def spliced(latex: str, edits: Sequence[Edit]) -> str:
    """The text with every edit; where two edits overlap, the later one in the text is left out.

    >>> spliced("a + b + c", [(4, 5, "x"), (8, 9, "y")])
    'a + x + y'
    """
    found, place = "", 0
    for start, end, text in sorted(edits):
        if start >= place:
            before = latex[place:start]
            is_touching = text[:1].isalpha() and (found + before)[-1:].isalpha()
            found += before + (" " if is_touching else "") + text
            found += " " if _ends_in_command(text) and latex[end : end + 1].isalpha() else ""
            place = end
    return found + latex[place:]


def _ends_in_command(text: str) -> bool:
    r"""\delta, which a letter must not follow."""
    tail = text.rsplit("\\", 1)
    return len(tail) == 2 and tail[1].isalpha()


def edits_between(latex: str, printed: Tree, corrected: Tree) -> list[Edit]:
    r"""What to change in the author's text so that `printed`, a tree of it, becomes `corrected`.

    >>> from symback.verification.parser import parse
    >>> text = r"c\,=\,\left(a + b\right)x"
    >>> spliced(text, edits_between(text, parse(text), parse("c=(a-b)x")))
    'c\\,=\\,\\left(a - b\\right)x'
    """
    return _edits(printed, corrected, _words(latex, printed))


def _words(latex: str, tree: Tree) -> dict[Tree, str]:
    """How the author has printed each part; what comes out of a macro has the place of the whole macro, which is not its text."""
    found: dict[Tree, str] = {}
    waiting = [(tree, True)]
    while waiting:
        node, is_own = waiting.pop()
        if is_own and node.end > node.start and node.kind != "operator":
            found.setdefault(node, latex[node.start : node.end])
        waiting += [(child, (child.start, child.end) != (node.start, node.end)) for child in node.children]
    return found


def _edits(printed: Tree, corrected: Tree, words: Mapping[Tree, str]) -> list[Edit]:
    """The edits below two nodes."""
    if printed == corrected:
        return []
    is_alike = printed.kind == corrected.kind and (printed.text == corrected.text or _are_brackets(printed, corrected))
    if is_alike and printed.kind == "derivative" and printed.children[0] == corrected.children[0] and _has_gaps(printed):
        is_alike = all(child.start for child in printed.children[1:])
    if is_alike and len(printed.children) == len(corrected.children) and printed.children:
        pairs = zip(printed.children, corrected.children, strict=True)
        if all(one == other or one.end > one.start for one, other in pairs):
            return [edit for one, other in zip(printed.children, corrected.children, strict=True) for edit in _edits(one, other, words)]
    if is_alike and printed.kind in (*INFIX_KINDS, "scripts"):
        return _sequence_edits(printed, corrected, words)
    return [(printed.start, printed.end, in_words(corrected, words))]


def _are_brackets(one: Tree, other: Tree) -> bool:
    """Brackets whose size alone may differ."""
    return one.kind == "group" and one.text.replace("\\", "") == other.text.replace("\\", "")


def _has_gaps(tree: Tree) -> bool:
    """Whether a part of a derivative is not printed."""
    return any(child.end <= child.start for child in tree.children)


def _sequence_edits(printed: Tree, corrected: Tree, words: Mapping[Tree, str]) -> list[Edit]:
    """More or fewer terms, factors or scripts: what is alike at both ends stays."""
    old, new = printed.children, corrected.children
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    gone, come = old[first : len(old) - last], new[first : len(new) - last]
    text = _joined(come, corrected.kind, words)
    solid = [child for child in gone if child.end > child.start]
    if gone and come and solid:
        return [(solid[0].start, solid[-1].end, text)]
    if not come and solid:
        before = [child for child in old[:first] if child.end > child.start]
        if before:
            return [(before[-1].end, solid[-1].end, "")]
        after = [child for child in old[len(old) - last :] if child.end > child.start]
        return [(solid[0].start, after[0].start, "")] if after else [(solid[0].start, solid[-1].end, "")]
    if come and not solid:
        before = [child for child in old[:first] if child.end > child.start]
        if before:
            gap = "" if corrected.kind == "scripts" else " "
            return [(before[-1].end, before[-1].end, gap + text)]
        return [(printed.start, printed.start, text + " ")]
    return [(printed.start, printed.end, in_words(corrected, words))]


def _joined(nodes: Sequence[Tree], kind: str, words: Mapping[Tree, str]) -> str:
    """Children of a flat node in a line."""
    parts = [in_words(node, words) for node in nodes]
    return "".join(parts) if kind == "scripts" else " ".join(part for part in parts if part)


def _with_other_index(tree: Tree, words: Mapping[Tree, str]) -> str:
    r"""df_{il} for a derivative where the author has printed df_{ij}: a name of his own for it, with one letter exchanged."""
    for known, text in words.items() if tree.kind == "derivative" else ():
        pairs = list(zip(walk(tree), walk(known), strict=False))
        letters = {(one.text, other.text) for one, other in pairs if one.text != other.text}
        is_alike = all(one.kind == other.kind and len(one.children) == len(other.children) for one, other in pairs)
        if known.kind != "derivative" or not is_alike or len(letters) != 1 or not text.endswith("}"):
            continue
        new, old = letters.pop()
        head, brace, below = text.rpartition("{")
        if below.count(old) == 1 and head.endswith("_"):
            return head + brace + below.replace(old, new)
    return ""


def in_words(tree: Tree, words: Mapping[Tree, str]) -> str:
    """A tree in LaTeX, with the author's own text for every part that he has printed."""
    marks: dict[str, str] = {}

    def marked(node: Tree) -> Tree:
        own = words.get(node) or _with_other_index(node, words)
        if own and node.kind not in ("superscript", "subscript", "prime", "postfix", "row", "empty"):
            mark = chr(0xE000 + len(marks))
            marks[mark] = own
            return Tree("symbol", (), mark)
        return replace(node, children=tuple(map(marked, node.children))) if node.children else node

    text = unparse(marked(tree)).replace(r"\left( ", "(").replace(r" \right)", ")")
    for mark, own in marks.items():
        at = text.find(mark)
        gap = " " if _ends_in_command(own) and text[at + 1 : at + 2].isalpha() else ""
        text = text.replace(mark, own + gap)
    return text


def in_authors_text(latex: str, tree: Tree, changes: Sequence[tuple[Tree, Tree]], read: Callable[[str], Tree | None]) -> str:
    """The formula with each (printed, corrected) pair of parts exchanged in its text; empty where that does not read as it should.

    `read` is how the formula's text became `tree`, of which the printed parts are nodes.
    """
    expected = tree
    for printed, corrected in changes:
        expected = _exchanged(expected, printed, corrected)
    if expected == tree:
        return ""
    words = _words(latex, tree)
    for whole in (False, True):
        edits = [
            edit
            for printed, corrected in changes
            for edit in ([(printed.start, printed.end, in_words(corrected, words))] if whole else _edits(printed, corrected, words))
        ]
        text = spliced(latex, edits)
        if read(text) == expected:
            return text
    return ""


def _exchanged(tree: Tree, old: Tree, new: Tree) -> Tree:
    """One node of a tree exchanged, by identity."""
    if tree is old:
        return new
    children = tuple(_exchanged(child, old, new) for child in tree.children)
    return replace(tree, children=children) if any(a is not b for a, b in zip(children, tree.children, strict=True)) else tree
