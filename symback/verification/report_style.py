"""How the page of `html_report.py` looks and what its buttons do: a style sheet and a few lines of script, both inside the page.

Each verdict has a colour of the Okabe-Ito palette, which the colour-blind tell apart, darkened or lightened until its words
can be read on the ground; and each has a sign and a word, so that no colour is needed.  Without a script nothing is hidden.
"""

from __future__ import annotations

from symback.verification.mathml import MATHML_STYLE

__all__ = ["SCRIPT", "SIGNS", "STYLE"]

# verdict -> its sign, its colour on white, its colour on black
_LOOKS: dict[str, tuple[str, str, str]] = {
    "proved": ("✓", "#00704f", "#3fd0a3"),
    "refuted": ("✗", "#b03a00", "#ff9a5c"),
    "conditional": ("◐", "#8f3a6a", "#eba3cc"),
    "undecided": ("?", "#7a5600", "#f0bd4a"),
    "unreadable": ("⊘", "#595959", "#b0b0b0"),
    "definition": ("≔", "#005a92", "#6cbcf0"),
    "mention": ("·", "#666666", "#a0a0a0"),
}
SIGNS: dict[str, str] = {verdict: sign for verdict, (sign, _, _) in _LOOKS.items()}


def _colours(place: int) -> str:
    """The colours of the verdicts as custom properties."""
    return " ".join(f"--{verdict}: {look[place]};" for verdict, look in _LOOKS.items())


def _rules() -> str:
    """What follows from a verdict: its colour, and to be hidden when its button is off."""
    coloured = "".join(f".{verdict} {{ --own: var(--{verdict}); }}\n" for verdict in _LOOKS)
    hidden = ", ".join(f".hide-{verdict} .formula.{verdict}" for verdict in _LOOKS)
    return f"{coloured}{hidden}, .vacant {{ display: none !important; }}\n"


STYLE = f"""
:root {{ color-scheme: light dark; --ground: #ffffff; --panel: #f6f6f4; --ink: #1c1c1c; --faint: #5c5c5c; --edge: #d9d9d4; {_colours(1)} }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ground: #161617; --panel: #202022; --ink: #ececec; --faint: #a8a8a8; --edge: #3a3a3d; {_colours(2)} }}
}}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; max-width: 78rem; padding: 0 1rem 4rem; background: var(--ground); color: var(--ink);
  font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }}
h1 {{ font-size: 1.5rem; margin: 1.5rem 0 0.3rem; }}
h2 {{ font-size: 1.25rem; margin: 2.2rem 0 0.4rem; overflow-wrap: anywhere; }}
h3 {{ font-size: 1rem; font-weight: 600; color: var(--faint); margin: 1.6rem 0 0.4rem; overflow-wrap: anywhere; }}
a {{ color: inherit; }}
math {{ font-family: "Latin Modern Math", "STIX Two Math", "Cambria Math", "Libertinus Math", "Noto Sans Math", math, serif; }}
math[display] {{ width: max-content; margin: 0; font-size: 1.12rem; }}
{MATHML_STYLE}
code {{ font: 0.85rem/1.4 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere;
  unicode-bidi: isolate; }}
.lead, .jump {{ color: var(--faint); margin: 0.2rem 0; }}
.jump a {{ margin-right: 0.6em; white-space: nowrap; color: var(--refuted); }}
.filters {{ position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: 0.4rem; padding: 0.6rem 0;
  background: var(--ground); border-bottom: 1px solid var(--edge); }}
.filters button {{ font: inherit; font-size: 0.9rem; padding: 0.15rem 0.7rem; border-radius: 1rem; cursor: pointer;
  border: 1px solid var(--own); color: var(--own); background: transparent; }}
.filters button[aria-pressed="true"] {{ background: var(--own); color: var(--ground); }}
.filters button[aria-pressed="false"] {{ border-style: dashed; }}
:focus-visible {{ outline: 2px solid var(--definition); outline-offset: 2px; }}
.share {{ display: flex; height: 0.5rem; border-radius: 0.25rem; overflow: hidden; margin: 0.5rem 0; gap: 1px; }}
.share span {{ background: var(--own); min-width: 2px; }}
.formula {{ display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 0.2rem 1.5rem; margin: 0.5rem 0;
  padding: 0.5rem 0.9rem; border: 1px solid var(--edge); border-left: 0.35rem solid var(--own); border-radius: 0.3rem;
  background: var(--panel); scroll-margin-top: 5rem; }}
.formula:target {{ outline: 2px solid var(--own); }}
.about {{ grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 0 1em; font-size: 0.85rem; color: var(--faint); }}
.about b {{ color: var(--own); }}
.about a {{ text-decoration: none; }}
.about details[open] {{ flex-basis: 100%; }}
.shown {{ overflow-x: auto; overflow-y: hidden; padding: 0.45rem 0; }}
.why > * {{ margin: 0.2rem 0; }}
.why .label {{ color: var(--faint); font-size: 0.85rem; }}
.why p, .why li {{ overflow-wrap: anywhere; }}
.why ul {{ padding-left: 1.2em; }}
.correction {{ border-left: 0.2rem solid var(--proved); padding-left: 0.7rem; }}
details {{ font-size: 0.9rem; }}
summary {{ cursor: pointer; color: var(--faint); font-size: 0.85rem; }}
.formula.mention, .formula.definition {{ background: transparent; }}
.formula.mention {{ display: flex; flex-wrap: wrap; align-items: center; padding-block: 0.1rem; margin: 0.25rem 0; }}
.formula.mention > * {{ max-width: 100%; }}
@media (max-width: 48rem) {{
  .formula {{ grid-template-columns: minmax(0, 1fr); padding: 0.4rem 0.7rem; scroll-margin-top: 0.5rem; }}
  .filters {{ position: static; }}
}}
@media print {{ .filters {{ display: none; }} .formula {{ break-inside: avoid; }} .shown {{ overflow: visible; }} }}
{_rules()}"""

SCRIPT = """
"use strict";
const filters = document.querySelector(".filters");
function show() {
  for (const button of filters.querySelectorAll("button")) {
    document.body.classList.toggle("hide-" + button.dataset.verdict, button.getAttribute("aria-pressed") === "false");
  }
  for (const part of document.querySelectorAll(".part")) {
    const kept = [...part.querySelectorAll(".formula")].some(f => !document.body.classList.contains("hide-" + f.dataset.verdict));
    part.classList.toggle("vacant", !kept);
  }
}
function reveal() {
  const target = document.getElementById(location.hash.slice(1));
  const button = target && filters.querySelector('[data-verdict="' + target.dataset.verdict + '"]');
  if (button && button.getAttribute("aria-pressed") === "false") {
    button.setAttribute("aria-pressed", "true");
    show();
    target.scrollIntoView();
  }
}
filters.addEventListener("click", event => {
  const button = event.target.closest("button");
  if (button) {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") === "false"));
    show();
  }
});
addEventListener("hashchange", reveal);
filters.hidden = false;
show();
reveal();
"""
