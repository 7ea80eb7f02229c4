r"""The grammar of printed formulas, as data: which sign is what.  `lexer.py`, `parser.py` and `unparse.py` walk these tables.

Why tables with a small hand-written parser and not an EBNF file: printed mathematics has no context-free grammar worth
the name (`|` opens, closes or separates; `f(z)` calls or multiplies; braces are invisible; `\\` ends a row or is only a
line break), authors' LaTeX is malformed in ways that renderers accept, and macros change the token stream while it is
read.  What *is* regular, the signs and their levels, is here; a new spelling is one row.
"""

from __future__ import annotations

__all__ = [
    "ACCENTS", "ALIGNED", "BARE_FUNCTIONS", "BARE_PROSE", "BRACES", "CLOSING", "COLUMN_BREAKS", "DECLARED_FONTS", "DERIVATIVE_MACROS",
    "DIFFERENTIALS", "ELLIPSES", "ENCLOSING", "FONTS", "FRACTIONS", "FUNCTIONS", "LARGE", "LETTER_LIKE", "LEVEL_OF", "LEVELS", "MATRICES",
    "NAMES", "NAMING_FONTS", "OPENING", "PREFIX_OPERATORS", "PROSE_SIGNS", "PROSE_WORDS", "SIGNS", "SIZES", "SKIPPED",
    "SKIPPED_WITH_ARGUMENTS", "STACKED", "SYNONYMS",
    "TEXT_FONTS", "TRANSPARENT", "UNICODE", "WITH_COLUMNS",
]  # fmt: skip


def _words(text: str) -> tuple[str, ...]:
    """The blank-separated entries of a table row."""
    return tuple(text.split())


# --- infix signs, loosest level first -------------------------------------------------------------------------------
LEVELS: dict[str, tuple[str, ...]] = {
    "statements": _words(r"\\ \quad \qquad ; \newline \cr"),
    "implication": _words(
        r"\Rightarrow \implies \Longrightarrow \iff \Leftrightarrow \Longleftrightarrow \therefore \because \impliedby \Leftarrow =>"
    ),
    "given": _words(r"\mid"),
    "list": _words(","),
    "relation": _words(
        r"""= \approx \equiv \neq \simeq \sim \cong \propto \le \ge < > \ll \gg \in \notin \ni \subset \subseteq \supset \supseteq
        \rightarrow \longrightarrow \leftarrow \longleftarrow \mapsto \longmapsto \leftrightarrow \hookrightarrow \triangleq \doteq \asymp
        \perp \parallel \vdash \models \prec \succ \preceq \succeq \lesssim \gtrsim \leadsto \rightsquigarrow
        := =: : += -= *= == -> <- \xrightarrow \xleftarrow \uparrow \downarrow \rightleftharpoons"""
    ),
    "sum": _words(r"+ - \pm \mp \oplus \ominus \cup \cap \setminus \vee \wedge"),
    "product": _words(
        r"\cdot \times * \odot \oslash \circ \otimes \star \bullet / \div . .* @ \bmod \backslash \cdotp \boxdot \circledast \diamond"
    ),
}
LEVEL_OF: dict[str, str] = {sign: level for level, signs in LEVELS.items() for sign in signs}
SIGNS = _words(r"+ - \pm \mp")  # these may also stand before an operand

# spelling -> the one spelling that the tree keeps
SYNONYMS: dict[str, str] = {
    r"\ne": r"\neq", r"\leq": r"\le", r"\geq": r"\ge", r"\leqslant": r"\le", r"\geqslant": r"\ge", r"\lt": "<", r"\gt": ">",
    r"\to": r"\rightarrow", r"\gets": r"\leftarrow", r"\ast": "*", r"\*": "*", r"\coloneqq": ":=", r"\colon": ":", r"\eqqcolon": "=:",
    r"\land": r"\wedge", r"\lor": r"\vee", r"\vert": "|", r"\Vert": r"\|", r"\lbrace": r"\{", r"\rbrace": r"\}", r"\lbrack": "[",
    r"\rbrack": "]", r"\defeq": ":=", r"\vcentcolon": ":", r"\owns": r"\ni", r"\thickapprox": r"\approx", r"\varpropto": r"\propto",
    r"\centerdot": r"\cdot", r"\Hat": r"\hat", r"\Bar": r"\bar", r"\Tilde": r"\tilde", r"\Vec": r"\vec", r"\_": "_", r"\hadamard": r"\odot",
    "!=": r"\neq", "<=": r"\le", ">=": r"\ge", "||": r"\|", r"\empty": r"\emptyset",
    r"\hslash": r"\hbar", r"\intercal": r"\top", r"\sp": "^", r"\sb": "_",
}  # fmt: skip

# --- prefixes -------------------------------------------------------------------------------------------------------
LARGE = _words(r"\sum \prod \int \iint \iiint \oint \coprod \bigcup \bigcap \bigoplus \bigotimes \bigodot \lim \limsup \liminf")
FUNCTIONS = _words(
    r"""\log \ln \lg \exp \sin \cos \tan \cot \sec \csc \arcsin \arccos \arctan \sinh \cosh \tanh \coth \max \min \sup \inf \arg
    \det \dim \ker \gcd \Pr \hom \deg \tr \Tr \diag \rank"""
)
PREFIX_OPERATORS = _words(r"\partial \nabla")
DIFFERENTIALS = _words(r"\partial d \delta")  # a fraction with the same one in front above and below is a derivative

# letter runs without a backslash that are one thing
BARE_FUNCTIONS: dict[str, str] = {
    **{name: "\\" + name for name in _words("log ln exp sin cos tan sinh cosh tanh max min arctan det")},
    **{
        name: rf"\operatorname{{{name}}}"
        for name in _words(
            "argmax argmin softmax sigmoid Sigmoid relu ReLU Relu LeakyReLU softplus diag Diag trace sgn sign erf mean var vec Var "
            "Tr logsumexp concat gelu GELU swish elu ELU norm cov Cov"
        )
    },
}
NAMES = frozenset(
    _words(
        "MSE BCE CE NLL RMS loss Loss cost Cost ones rms bias Bias net out new old grad pred true dim std MLP RNN GRU LSTM CNN "
        "ELBO init rec "
        "dot inv sum Sum prod abs err Err act fan reg tot row col rows cols data test train val obs mask gain"
    )
)  # letter runs that name one thing; so do all of five letters and more
BARE_PROSE = _words("if otherwise where for and or else when with then such that")

# --- decorations ----------------------------------------------------------------------------------------------------
ACCENTS = _words(
    r"\hat \widehat \tilde \widetilde \bar \overline \vec \dot \ddot \check \breve \acute \grave \underline \overrightarrow \overleftarrow "
    r"\mathring \underbar \widecheck"
)
FONTS = _words(
    r"\mathbf \boldsymbol \bm \mathcal \mathbb \mathfrak \mathscr \mathsf \mathtt \mathit \mathrm \mathnormal \pmb \bold "
    r"\Bbb \symbf \symup "
    r"\vb \bb \mathbfit \mathbfcal \vectorbold"
)
NAMING_FONTS = _words(r"\mathrm \mathit \mathsf \mathtt \mathnormal \symup")  # several letters in these are one word
TEXT_FONTS = _words(
    r"\text \textrm \textbf \textit \texttt \textsf \mbox \hbox \textnormal \textup \emph \textsc \textsl \operatorname \operatorname*"
)
DECLARED_FONTS: dict[str, str] = {
    r"\bf": r"\mathbf",
    r"\rm": r"\mathrm",
    r"\cal": r"\mathcal",
    r"\it": r"\mathit",
    r"\sf": r"\mathsf",
    r"\tt": r"\mathtt",
}
PROSE_SIGNS = _words(r"\forall \exists \nexists")  # words of a sentence, printed as one sign
PROSE_WORDS = frozenset(
    _words(
        "if where for and or otherwise else when with then such that since because so thus hence therefore let is are as by "
        "from at of in on "
        "otherwise, if, where, and, or, then, else, iff all any each every both i.e. e.g. because, since, thus, hence, so, when, to unless"
    )
)
BRACES = _words(r"\underbrace \overbrace \underbracket \overbracket")
STACKED = _words(r"\underset \overset \stackrel")
FRACTIONS = _words(r"\frac \dfrac \tfrac \cfrac \nicefrac \sfrac \flatfrac \fracdisplay")
DERIVATIVE_MACROS: dict[str, str] = {r"\pdv": r"\partial", r"\dv": "d", r"\partialderivative": r"\partial", r"\derivative": "d"}
ENCLOSING: dict[str, str] = {r"\abs": "| |", r"\norm": r"\| \|"}  # commands of the physics package, one argument
ELLIPSES = _words(r"\cdots \ldots \dots \vdots \ddots \dotsb \dotsc \dotsm \dotsi \iddots \adots \hdots ... .. \mathellipsis \dotso")

# --- brackets -------------------------------------------------------------------------------------------------------
OPENING: dict[str, tuple[str, ...]] = {
    "(": (")", "]"), "[": ("]", ")"), r"\{": (r"\}",), r"\langle": (r"\rangle",), r"\lceil": (r"\rceil",), r"\lfloor": (r"\rfloor",),
    r"\lvert": (r"\rvert",), r"\lVert": (r"\rVert",), r"\lgroup": (r"\rgroup",), r"\llbracket": (r"\rrbracket",),
}  # fmt: skip
BARS = ("| |", r"\lvert \rvert")  # an absolute value, or the length of a vector
NORMS = (r"\| \|", r"\lVert \rVert")
CLOSING = frozenset(sign for signs in OPENING.values() for sign in signs)
SIZES = frozenset(a + b for a in (r"\big", r"\Big", r"\bigg", r"\Bigg") for b in ("", "l", "r", "m"))

# --- what is printed around the mathematics ---------------------------------------------------------------------------
SKIPPED = frozenset(
    _words(
        r"""\, \; \: \! \> \/ \space \thinspace \medspace \thickspace \negthinspace \negmedspace \negthickspace \enspace \enskip \hfill
        \hfil
        \displaystyle \textstyle \scriptstyle \scriptscriptstyle \limits \nolimits \displaylimits \nonumber \notag \tiny \scriptsize
        \footnotesize
        \small \normalsize \large \Large \LARGE \huge \Huge \bigskip \medskip \smallskip \noindent \centering \hline \relax \allowbreak
        \linebreak
        \nolinebreak \break \nobreak \mathstrut \strut \null \par \bfseries \itshape \em \inline \toprule \midrule \bottomrule \unskip
        \mathchoice
        \ignorespaces \leavevmode \mathpunct \nobreakspace \nobreakdash \allowdisplaybreaks \displaybreak \-
        $ \( \) \[ \] ~ & " \blacksquare \square \Box \qed \qedhere \protect \boldmath \unboldmath"""
    )
) | {"\\ "}  # fmt: skip
# command -> how many arguments in braces go with it unread
SKIPPED_WITH_ARGUMENTS: dict[str, int] = {
    r"\hspace": 1, r"\hspace*": 1, r"\vspace": 1, r"\vspace*": 1, r"\phantom": 1, r"\hphantom": 1, r"\vphantom": 1, r"\label": 1,
    r"\tag": 1,
    r"\tag*": 1, r"\mspace": 1, r"\require": 1, r"\color": 1, r"\rule": 2, r"\cline": 1, r"\footnote": 1, r"\cite": 1, r"\citep": 1,
    r"\citet": 1, r"\hskip": 0, r"\kern": 0, r"\mkern": 0, r"\dpi": 1, r"\bg": 1, r"\pagecolor": 1, r"\footnotemark": 0, r"\index": 1,
    r"\newlength": 1, r"\setlength": 2, r"\intertext": 1, r"\shortintertext": 1, r"\htmlId": 1, r"\arraystretch": 0,
}  # fmt: skip
# command -> how many arguments before the one that is printed as if the command were not there
TRANSPARENT: dict[str, int] = {
    r"\textcolor": 1, r"\colorbox": 1, r"\fcolorbox": 2, r"\boxed": 0, r"\fbox": 0, r"\framebox": 0, r"\bbox": 0, r"\mathrel": 0,
    r"\mathop": 0,
    r"\mathbin": 0, r"\mathord": 0, r"\mathopen": 0, r"\mathclose": 0, r"\mathinner": 0, r"\mathpunct": 0, r"\smash": 0, r"\mathclap": 0,
    r"\rlap": 0,
    r"\llap": 0, r"\mathrlap": 0, r"\mathllap": 0, r"\ensuremath": 0, r"\href": 1, r"\class": 1, r"\cssId": 1, r"\style": 1,
    r"\raisebox": 1,
    r"\makebox": 0, r"\cancel": 0, r"\bcancel": 0, r"\xcancel": 0, r"\hl": 0, r"\substack": 0, r"\qty": 0, r"\emphmath": 0, r"\Aboxed": 0,
    r"\htmlClass": 1, r"\htmlStyle": 1, r"\scalebox": 1, r"\resizebox": 2, r"\mathstrut": 0, r"\underline*": 0, r"\uline": 0,
}  # fmt: skip

# --- environments -----------------------------------------------------------------------------------------------------
MATRICES = _words(
    "matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix psmallmatrix bsmallmatrix array cases dcases rcases drcases numcases "
    "matrix* pmatrix* bmatrix* Bmatrix* vmatrix* Vmatrix* cases* dcases* tabular darray"
)
# every second & of these parts two columns of equations; in the others & only marks where lines align
COLUMN_BREAKS = _words("align align* aligned alignat alignat* alignedat flalign flalign* split")
ALIGNED = COLUMN_BREAKS + _words(
    "eqnarray eqnarray* gather gather* gathered multline multline* multlined equation equation* displaymath math subequations IEEEeqnarray "
    "IEEEeqnarray* dmath dmath* empheq"
)

# after these stands an argument that says how the columns are set
WITH_COLUMNS = _words("array tabular darray alignat alignat* alignedat IEEEeqnarray IEEEeqnarray* numcases empheq")

# --- Unicode ------------------------------------------------------------------------------------------------------------
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωϵϑϕϱςΓΔΘΛΞΠΣΥΦΨΩ",
        _words(
            "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega "
            "epsilon vartheta "
            "phi varrho varsigma Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
        ),
        strict=True,
    )
)
UNICODE: dict[str, str] = {
    **{letter: "\\" + name for letter, name in _GREEK.items()},
    "·": r"\cdot", "⋅": r"\cdot", "∙": r"\cdot", "•": r"\bullet", "×": r"\times", "⊙": r"\odot", "∘": r"\circ", "○": r"\circ",
    "⊗": r"\otimes",
    "⊕": r"\oplus", "−": "-", "–": "-", "—": "-", "∗": "*", "÷": r"\div", "±": r"\pm", "≤": r"\le", "≥": r"\ge", "≠": r"\neq",
    "≈": r"\approx",
    "≡": r"\equiv", "∝": r"\propto", "∈": r"\in", "∉": r"\notin", "⊂": r"\subset", "⊆": r"\subseteq", "→": r"\rightarrow",
    "←": r"\leftarrow",
    "⇒": r"\Rightarrow", "⟹": r"\Rightarrow", "⇔": r"\Leftrightarrow", "↦": r"\mapsto", "≔": ":=", "≜": r"\triangleq", "∂": r"\partial",
    "∇": r"\nabla", "∑": r"\sum", "∏": r"\prod", "∫": r"\int", "∞": r"\infty", "…": r"\ldots", "⋯": r"\cdots", "⋮": r"\vdots",
    "⋱": r"\ddots",
    "⟨": r"\langle", "⟩": r"\rangle", "‖": r"\|", "∥": r"\|", "∣": "|", "√": r"\surd", "⊤": r"\top", "∀": r"\forall", "∃": r"\exists",
    "ℝ": r"\mathbb{R}", "∪": r"\cup", "∩": r"\cap", "ℓ": r"\ell", "，": ",", "；": ";", "：": ":", "（": "(", "）": ")", "＝": "=",
    "。": ".", "、": ",", "′": "'", "’": "'", "‘": "'", "″": "''", "´": "'", "`": "'", "＋": "+",
    "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil",
    "⌉": r"\rceil", "∼": r"\sim", "≪": r"\ll", "≫": r"\gg", "〈": r"\langle", "〉": r"\rangle", "∅": r"\emptyset", "⋆": r"\star",
    "²": "^{2}", "³": "^{3}", "¹": "^{1}", "ᵀ": "^{T}", "⁻": "^{-}", "⁺": "^{+}", "₀": "_{0}", "₁": "_{1}", "₂": "_{2}", "₃": "_{3}",
}  # fmt: skip

# --- commands that are letters or letter-like signs: printed as they are, never with an argument --------------------------
LETTER_LIKE = frozenset(
    "\\" + name
    for name in _words(
        """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa varkappa lambda mu nu xi omicron pi varpi rho
        varrho sigma
        varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega varGamma varDelta digamma
        ell hbar imath jmath Re Im wp aleph infty emptyset varnothing neg lnot top bot angle dagger ddagger prime surd
        partial nabla eth Finv beth daleth clubsuit checkmark degree S P copyright natural sharp flat # % complement mho backprime
        triangle & ?"""
    )
)
