r"""How the signs of formulas look: LaTeX spelling -> Unicode, and the alphabets that fonts are in MathML Core.

Tables alone; `mathml.py` walks them, and a test walks the grammar to see that each of its signs has a look here.
"""

from __future__ import annotations

__all__ = ["ACCENT_SIGNS", "ALPHABETS", "BRACE_SIGNS", "BRACKETS", "ELLIPSIS_SIGNS", "GREEK", "LETTERS", "OPERATORS", "UPRIGHT", "styled"]


def _pairs(text: str) -> dict[str, str]:
    r"""`\name sign \name sign ...` as a table."""
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


GREEK: dict[str, str] = _pairs(
    r"""\alpha α \beta β \gamma γ \delta δ \epsilon ϵ \varepsilon ε \zeta ζ \eta η \theta θ \vartheta ϑ \iota ι \kappa κ \varkappa ϰ
    \lambda λ \mu μ \nu ν \xi ξ \omicron ο \pi π \varpi ϖ \rho ρ \varrho ϱ \sigma σ \varsigma ς \tau τ \upsilon υ \phi ϕ \varphi φ
    \chi χ \psi ψ \omega ω \digamma ϝ
    \Gamma Γ \Delta Δ \Theta Θ \Lambda Λ \Xi Ξ \Pi Π \Sigma Σ \Upsilon Υ \Phi Φ \Psi Ψ \Omega Ω \varGamma Γ \varDelta Δ"""
)

LETTERS: dict[str, str] = GREEK | _pairs(
    r"""\ell ℓ \hbar ℏ \imath ı \jmath ȷ \Re ℜ \Im ℑ \wp ℘ \aleph ℵ \beth ℶ \daleth ℸ \eth ð \Finv Ⅎ \infty ∞ \emptyset ∅ \varnothing ∅
    \neg ¬ \lnot ¬ \top ⊤ \bot ⊥ \angle ∠ \dagger † \ddagger ‡ \prime ′ \backprime ‵ \surd √ \partial ∂ \nabla ∇ \clubsuit ♣ \checkmark ✓
    \degree ° \S § \P ¶ \copyright © \natural ♮ \sharp ♯ \flat ♭ \# # \% % \& & \? ? \complement ∁ \mho ℧ \triangle △
    \sum ∑ \prod ∏ \int ∫ \iint ∬ \iiint ∭ \oint ∮ \coprod ∐ \bigcup ⋃ \bigcap ⋂ \bigoplus ⨁ \bigotimes ⨂ \bigodot ⨀
    \forall ∀ \exists ∃ \nexists ∄ ! !"""
)

# These stand upright in print although they are one letter.
UPRIGHT = frozenset("ΓΔΘΛΞΠΣΥΦΨΩ∇∞∅⊤⊥ℏℜℑ′§¶©°%&#?†‡✓∠△¬√♣♮♯♭")

OPERATORS: dict[str, str] = _pairs(
    r"""\Rightarrow ⇒ \implies ⟹ \Longrightarrow ⟹ \iff ⟺ \Leftrightarrow ⇔ \Longleftrightarrow ⟺ \therefore ∴ \because ∵ \impliedby ⟸
    \Leftarrow ⇐ => ⇒ \mid ∣ , , ; ;
    = = \approx ≈ \equiv ≡ \neq ≠ \simeq ≃ \sim ∼ \cong ≅ \propto ∝ \le ≤ \ge ≥ < < > > \ll ≪ \gg ≫ \in ∈ \notin ∉ \ni ∋ \subset ⊂
    \subseteq ⊆ \supset ⊃ \supseteq ⊇ \rightarrow → \longrightarrow ⟶ \leftarrow ← \longleftarrow ⟵ \mapsto ↦ \longmapsto ⟼
    \leftrightarrow ↔ \hookrightarrow ↪ \triangleq ≜ \doteq ≐ \asymp ≍ \perp ⊥ \parallel ∥ \vdash ⊢ \models ⊨ \prec ≺ \succ ≻ \preceq ⪯
    \succeq ⪰ \lesssim ≲ \gtrsim ≳ \leadsto ⇝ \rightsquigarrow ⇝ := ≔ =: ≕ : : += += -= −= *= ∗= == == -> → <- ← \xrightarrow →
    \xleftarrow ← \uparrow ↑ \downarrow ↓ \rightleftharpoons ⇌
    + + - − \pm ± \mp ∓ \oplus ⊕ \ominus ⊖ \cup ∪ \cap ∩ \setminus ∖ \vee ∨ \wedge ∧
    \cdot ⋅ \times × * ∗ \odot ⊙ \oslash ⊘ \circ ∘ \otimes ⊗ \star ⋆ \bullet • / / \div ÷
    . . .* .∗ @ @ \bmod mod \backslash \ \cdotp ⋅
    \boxdot ⊡ \circledast ⊛ \diamond ⋄"""
)

ELLIPSIS_SIGNS: dict[str, str] = _pairs(
    r"""\cdots ⋯ \ldots … \dots … \vdots ⋮ \ddots ⋱ \dotsb ⋯ \dotsc … \dotsm ⋯ \dotsi ⋯ \iddots ⋰ \adots ⋰ \hdots … ... … .. ‥
    \mathellipsis … \dotso …"""
)

ACCENT_SIGNS: dict[str, str] = _pairs(
    r"""\hat ˆ \widehat ^ \tilde ˜ \widetilde ~ \vec → \dot ˙ \ddot ¨ \check ˇ \widecheck ˇ \breve ˘ \acute ´ \grave `
    \overrightarrow → \overleftarrow ← \mathring ˚"""
)

BRACE_SIGNS: dict[str, str] = _pairs(r"\underbrace ⏟ \overbrace ⏞ \underbracket ⎵ \overbracket ⎴")

# `.` is the bracket that is not printed, a brace without backslash only held things together.
BRACKETS: dict[str, str] = {".": "", "{": "", "}": ""} | _pairs(
    r"""( ( ) ) [ [ ] ] \{ { \} } \langle ⟨ \rangle ⟩ \lceil ⌈ \rceil ⌉ \lfloor ⌊ \rfloor ⌋ | | \| ‖ \lvert | \rvert | \lVert ‖ \rVert ‖
    \lgroup ⟮ \rgroup ⟯ \llbracket ⟦ \rrbracket ⟧ / / \backslash \ < ⟨ > ⟩ \uparrow ↑ \downarrow ↓"""
)

# font command -> the first A, a, 0, Α (Alpha) and α of its alphabet in Unicode; None: the font has no such letters
_Alphabet = tuple[int | None, int | None, int | None, int | None, int | None]
_BOLD: _Alphabet = (0x1D400, 0x1D41A, 0x1D7CE, 0x1D6A8, 0x1D6C2)
_BOLD_ITALIC: _Alphabet = (0x1D468, 0x1D482, 0x1D7CE, 0x1D71C, 0x1D736)
_BLACKBOARD: _Alphabet = (0x1D538, 0x1D552, 0x1D7D8, None, None)
_SCRIPT: _Alphabet = (0x1D49C, 0x1D4B6, None, None, None)
_BOLD_SCRIPT: _Alphabet = (0x1D4D0, 0x1D4EA, None, None, None)
_UPRIGHT: _Alphabet = (None, None, None, None, None)
ALPHABETS: dict[str, _Alphabet] = {
    **dict.fromkeys((r"\mathbf", r"\textbf", r"\bold", r"\symbf", r"\vb", r"\vectorbold", r"\bb"), _BOLD),
    **dict.fromkeys((r"\boldsymbol", r"\bm", r"\pmb", r"\mathbfit"), _BOLD_ITALIC),
    **dict.fromkeys((r"\mathbb", r"\Bbb"), _BLACKBOARD),
    **dict.fromkeys((r"\mathcal", r"\mathscr"), _SCRIPT),
    r"\mathbfcal": _BOLD_SCRIPT,
    r"\mathfrak": (0x1D504, 0x1D51E, None, None, None),
    **dict.fromkeys((r"\mathsf", r"\textsf"), (0x1D5A0, 0x1D5BA, 0x1D7E2, None, None)),
    **dict.fromkeys((r"\mathtt", r"\texttt"), (0x1D670, 0x1D68A, 0x1D7F6, None, None)),
    **dict.fromkeys((r"\mathit", r"\textit", r"\emph", r"\textsl"), (0x1D434, 0x1D44E, None, 0x1D6E2, 0x1D6FC)),
}

# Letters that Unicode had before it had the alphabets; their places there are empty.
_EARLIER: dict[int, str] = {
    0x1D455: "ℎ", 0x1D49D: "ℬ", 0x1D4A0: "ℰ", 0x1D4A1: "ℱ", 0x1D4A3: "ℋ", 0x1D4A4: "ℐ", 0x1D4A7: "ℒ", 0x1D4A8: "ℳ", 0x1D4AD: "ℛ",
    0x1D4BA: "ℯ", 0x1D4BC: "ℊ", 0x1D4C4: "ℴ", 0x1D506: "ℭ", 0x1D50B: "ℌ", 0x1D50C: "ℑ", 0x1D515: "ℜ", 0x1D51D: "ℨ", 0x1D53A: "ℂ",
    0x1D53F: "ℍ", 0x1D545: "ℕ", 0x1D547: "ℙ", 0x1D548: "ℚ", 0x1D549: "ℝ", 0x1D551: "ℤ",
}  # fmt: skip
# Places after the 25 small Greek letters of an alphabet.
_GREEK_VARIANTS = {"∂": 25, "ϵ": 26, "ϑ": 27, "ϰ": 28, "ϕ": 29, "ϱ": 30, "ϖ": 31}


def styled(sign: str, font: str) -> str:
    r"""One letter or digit in a font; itself where the font has none of its own.

    >>> styled("R", r"\mathbb") + styled("W", r"\mathbf") + styled("L", r"\mathcal")
    'ℝ𝐖ℒ'
    """
    capitals, small, digits, greek_capitals, greek_small = ALPHABETS.get(font, _UPRIGHT)
    for first, last, start in (
        ("A", "Z", capitals),
        ("a", "z", small),
        ("0", "9", digits),
        ("Α", "Ω", greek_capitals),
        ("α", "ω", greek_small),
    ):
        if first <= sign <= last and start is not None:
            place = start + ord(sign) - ord(first)
            return _EARLIER.get(place, chr(place))
    if greek_small is not None and sign in _GREEK_VARIANTS:
        return chr(greek_small + _GREEK_VARIANTS[sign])
    if sign == "∇" and greek_capitals is not None:
        return chr(greek_capitals + 25)
    return sign
