r"""Letters of one's own: a notation in which the weights are called Θ, the activations h, the cost J.

    with_letters(nielsen, {"W": "Theta", "a": "h", "C": "J"})      h^{l} = σ(Θ^{l} h^{l-1} + b^{l}),   ∂J/∂θ^{l}_{jk}

A letter is given for a role, and what goes with it follows: the entries of Θ are θ, the activations of a batch H, the error of a
batch E where that of a sample is ε.  Bold stays bold.  Two roles cannot have one letter, and none that of an index or a size.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from symback.errors import NotationError
from symback.language.mathml_signs import GREEK
from symback.language.notation import NOTATIONS, Glyph, Notation

__all__ = ["ROLES", "notation_named", "with_letters"]

ROLES: Mapping[str, str] = MappingProxyType({
    "W": "weights", "b": "biases", "z": "weighted inputs", "a": "activations", "x": "inputs", "y": "targets", "delta": "errors",
    "C": "cost",
})  # fmt: skip
TAKEN = frozenset("ijklLnNst")  # indices, layers, sizes, samples
WHOLE_BATCH = {"b": None, "z": "Z", "a": "A", "y": "Y", "delta": "Delta"}
LATIN_CAPITALS = dict(
    zip(("alpha", "beta", "epsilon", "zeta", "eta", "iota", "kappa", "mu", "nu", "rho", "tau", "chi"), "ABEZHIKMNPTX", strict=True)
)


def notation_named(notation: Notation | str) -> Notation:
    """The notation of that name, "nielsen", or of that name with letters of one's own, "nielsen,W=Theta,C=J"; a notation as it is."""
    if isinstance(notation, Notation):
        return notation
    name, *settings = [part.strip() for part in notation.split(",")]
    if name not in NOTATIONS:
        raise NotationError(f"{name[:40]!r} is not a notation; there are {', '.join(NOTATIONS)}")
    pairs = [setting.partition("=") for setting in settings]
    for role, sign, letter in pairs:
        if not sign:
            raise NotationError(f"{role[:40]!r} says no letter; letters are set as in {name},W=Theta,C=J")
        if sum(other == role for other, _, _ in pairs) > 1:
            raise NotationError(f"two letters are set for {role[:40]!r}: {letter[:40]!r} is one of them")
    return with_letters(NOTATIONS[name], {role: letter for role, _, letter in pairs}) if pairs else NOTATIONS[name]


def with_letters(notation: Notation, letters: Mapping[str, str]) -> Notation:
    """The notation with other letters for some of `ROLES`: a Latin letter or the name of a Greek one for each.

    Raises `NotationError` for a role that there is none, for what is no letter, and for a letter that means something else.

    >>> from symback.language.notation import NOTATIONS
    >>> with_letters(NOTATIONS["nielsen"], {"W": "Theta"}).glyph("W", is_entry=True).latex
    '\\\\theta'
    """
    chosen = {role: _read(role, letter) for role, letter in letters.items()}
    _check_apart(chosen)
    whole, entries, inputs = dict(notation.letters), dict(notation.entries), dict(notation.inputs)
    for role, letter in chosen.items():
        capital = _capital(letter)
        if role == "C":
            whole |= _of_cost(letter)
            entries |= {"C_s": _glyph(letter), "C_s_new": Glyph(rf"{_latex(letter)}^{{\mathrm{{new}}}}", f"{_text(letter)}ⁿᵉʷ")}
        elif role == "x":
            inputs = {"a": _glyph(letter), "A": _glyph(capital)}
        else:
            is_bold = notation.glyph(role) is not None and r"\bold" in notation.glyph(role).latex.replace("mathbf", "bold")  # type: ignore[union-attr]
            whole[role] = _bold(letter) if is_bold else _glyph(letter)
            entries[role] = _glyph(_small(letter) if role == "W" else letter)
            if role == "W":
                whole["w"] = entries["w"] = entries["W"]  # where the network has one neuron in each layer
            if (batch := WHOLE_BATCH.get(role)) is not None:
                whole[batch], entries[batch] = _bold(capital) if is_bold else _glyph(capital), _glyph(capital)
    if "z" in chosen and "delta" not in chosen and notation.letters.get("delta", Glyph("", "")).latex == "dz":
        names = {"delta": f"d{_latex(chosen['z'])}", "Delta": f"d{_latex(_capital(chosen['z']))}"}  # dz is named after z
        renamed = {role: Glyph(latex, latex.replace("\\", "")) for role, latex in names.items()}
        whole, entries = whole | renamed, entries | renamed
    name = ",".join([notation.name, *(f"{role}={letter}" for role, letter in chosen.items())])
    return replace(notation, name=name, letters=MappingProxyType(whole), entries=MappingProxyType(entries), inputs=MappingProxyType(inputs))


def _read(role: str, letter: str) -> str:
    r"""Theta for Theta and \Theta; h for h."""
    if role not in ROLES:
        known = ", ".join(f"{known} ({words})" for known, words in ROLES.items())
        raise NotationError(f"{role[:40]!r} has no letter of its own; there are {known}")
    plain = letter.strip().removeprefix("\\")
    if not (len(plain) == 1 and plain.isascii() and plain.isalpha()) and f"\\{plain}" not in GREEK:
        raise NotationError(f"{letter[:40]!r} is no letter for {role}; write one Latin letter, or a Greek one by its name, such as theta")
    if plain in TAKEN:
        raise NotationError(f"{plain!r} cannot be the letter of the {ROLES[role]}: it numbers indices, layers, units or samples")
    return plain


def _check_apart(chosen: Mapping[str, str]) -> None:
    """No letter for two roles, and none that another role has by itself."""
    held: dict[str, str] = {}
    for role in ROLES:
        if role == "x" and role not in chosen:
            continue
        letter = chosen.get(role, role)
        other = _small(letter) if role == "W" else _capital(letter) if WHOLE_BATCH.get(role) is not None else letter
        for sign in dict.fromkeys((letter, other)):  # of the entries, of a batch
            if sign in held:
                raise NotationError(f"{sign!r} is the letter of the {ROLES[held[sign]]}; it cannot be that of the {ROLES[role]} as well")
            held[sign] = role


def _small(letter: str) -> str:
    return letter.lower() if f"\\{letter.lower()}" in GREEK or len(letter) == 1 else letter


def _capital(letter: str) -> str:
    """The capital of a letter; of a Greek one that looks like a Latin letter, that letter."""
    if len(letter) == 1:
        return letter.upper()
    own = letter[0].upper() + letter[1:]
    return own if f"\\{own}" in GREEK else LATIN_CAPITALS.get(letter.removeprefix("var"), letter)


def _latex(letter: str) -> str:
    return letter if len(letter) == 1 else f"\\{letter}"


def _text(letter: str) -> str:
    return letter if len(letter) == 1 else GREEK[f"\\{letter}"]


def _glyph(letter: str) -> Glyph:
    return Glyph(_latex(letter), _text(letter))


def _bold(letter: str) -> Glyph:
    font = r"\mathbf" if len(letter) == 1 else r"\boldsymbol"
    return Glyph(f"{font}{{{_latex(letter)}}}", _text(letter))


def _of_cost(letter: str) -> dict[str, Glyph]:
    """The cost, those of the samples as a vector, and their sum; all of them also after a step of descent."""
    latex, text = _latex(letter), _text(letter)
    vector = _bold(_small(letter))
    return {
        "C": Glyph(latex, text),
        "C_s": vector,
        "C_s_new": Glyph(rf"{vector.latex}_{{\mathrm{{new}}}}", f"{vector.text}_new"),
        "C_sum": Glyph(rf"{latex}_{{\Sigma}}", f"{text}_Σ"),
        "C_sum_new": Glyph(rf"{latex}_{{\Sigma, \mathrm{{new}}}}", f"{text}_Σ,new"),
    }
