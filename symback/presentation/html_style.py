"""How the HTML page looks: a style sheet inside the page, for light and dark screens, narrow and wide ones, and paper.

Decision: no script and no web font.  The table of contents stands beside the text where there is room and above it where
there is none; chains stand in a grid of left side, right side and reason, and on a narrow screen one below the other.
The fonts are those that a reader's machine has: a serif that goes with its mathematics.
"""

from symback.language.mathml_elements import MATHML_STYLE

__all__ = ["STYLE"]

STYLE = f"""
:root {{ color-scheme: light dark; --ground: #ffffff; --panel: #f6f6f3; --ink: #1b1b1b; --faint: #5d5d5d; --edge: #d8d8d2;
  --link: #0b5394; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ground: #17181a; --panel: #212326; --ink: #e9e9e7; --faint: #a9a9a6; --edge: #3c3e42; --link: #8ab8f0; }}
}}
* {{ box-sizing: border-box; }}
html {{ scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }}
body {{ margin: 0; background: var(--ground); color: var(--ink); overflow-wrap: break-word;
  font: 1.0625rem/1.55 "STIX Two Text", "Libertinus Serif", Charter, "Bitstream Charter", Cambria, Georgia, serif; }}
.page {{ max-width: 52rem; margin: 0 auto; padding: 0 1.25rem 4rem; }}
h1 {{ font-size: 1.9rem; line-height: 1.25; margin: 2.2rem 0 1.2rem; text-wrap: balance; }}
h2 {{ font-size: 1.4rem; line-height: 1.3; margin: 2.6rem 0 0.8rem; padding-bottom: 0.25rem; border-bottom: 1px solid var(--edge); }}
h3 {{ font-size: 1.15rem; line-height: 1.35; margin: 2rem 0 0.6rem; }}
h4 {{ font-size: 1.0625rem; font-style: italic; font-weight: 600; margin: 1.5rem 0 0.4rem; }}
p {{ margin: 0.7rem 0 0.4rem; }}
ul {{ padding-left: 1.3em; margin: 0.5rem 0; }}
li {{ margin: 0.15rem 0; }}
a {{ color: var(--link); text-underline-offset: 0.15em; }}
:focus-visible {{ outline: 2px solid var(--link); outline-offset: 2px; }}
math {{ font-family: "STIX Two Math", "Libertinus Math", "Cambria Math", "Latin Modern Math", "Noto Sans Math", math, serif; }}
{MATHML_STYLE}
.anchor {{ margin-left: 0.35em; font-weight: 400; font-style: normal; text-decoration: none; opacity: 0;
  user-select: none; -webkit-user-select: none; }}
:is(h2, h3, h4):hover .anchor, .anchor:focus-visible {{ opacity: 1; }}
.contents {{ margin: 1.2rem 0 2rem; font-size: 0.95rem; line-height: 1.4; }}
.contents ol {{ list-style: none; margin: 0; padding: 0; }}
.contents ol ol {{ padding-left: 1em; }}
.contents li {{ margin: 0.3rem 0; }}
.contents a {{ text-decoration: none; }}
.contents a:hover {{ text-decoration: underline; }}
.contents .title {{ margin: 0 0 0.4rem; font-weight: 600; }}
.note {{ margin: 1.4rem 0; padding: 0.7rem 1.1rem; background: var(--panel); border: 1px solid var(--edge); border-radius: 0.3rem; }}
.note .title {{ margin: 0 0 0.3rem; font-weight: 600; }}
.equations {{ display: grid; grid-template-columns: max-content minmax(min-content, 1fr) auto; gap: 0.55rem 0.3em;
  align-items: baseline; margin: 0.5rem 0 0.9rem; padding: 0.15rem 0 0.15rem 1.5rem; overflow-x: auto; overflow-y: hidden; }}
.equations + .equations {{ margin-top: -0.2rem; }}
.line {{ display: contents; }}
.left-side {{ grid-column: 1; text-align: right; }}
.right-side {{ grid-column: 2; padding-left: 1.9em; text-indent: -1.9em; }}
.right-side math {{ text-indent: 0; margin: 0.12em 0.03em 0.12em 0; }}
.term {{ display: inline-block; max-width: 100%; text-indent: 0; }}
.long {{ font-size: 0.85em; }}
.longest {{ font-size: 0.7em; }}
.reason {{ grid-column: 3; justify-self: end; max-width: 14rem; padding-left: 1.2em; color: var(--faint);
  font-size: 0.9rem; line-height: 1.35; font-style: italic; text-align: right; }}
.numbered {{ grid-template-columns: max-content minmax(min-content, 1fr) auto max-content; }}
.number {{ grid-column: 4; justify-self: end; padding-left: 1em; font-variant-numeric: tabular-nums; }}
.scroll {{ overflow-x: auto; margin: 0.9rem 0; }}
table {{ border-collapse: collapse; border-top: 1.5px solid var(--ink); border-bottom: 1.5px solid var(--ink); font-size: 0.97rem; }}
th, td {{ padding: 0.3rem 0.9rem 0.3rem 0; text-align: left; vertical-align: baseline; }}
:is(th, td):last-child {{ padding-right: 0; }}
th {{ font-weight: 600; border-bottom: 1px solid var(--faint); }}
caption, figcaption {{ font-size: 0.95rem; color: var(--faint); text-align: left; padding: 0.3rem 0; }}
figcaption {{ text-align: center; text-wrap: balance; }}
figure {{ margin: 1.2rem 0; }}
figure svg {{ display: block; max-width: 100%; height: auto; margin: 0 auto; }}
@media (min-width: 75rem) {{
  .with-contents {{ max-width: 68rem; display: grid; grid-template-columns: 14rem minmax(0, 1fr);
    grid-template-rows: auto 1fr; gap: 0 3rem; }}
  .with-contents > :is(header, main) {{ grid-column: 2; }}
  .contents {{ position: sticky; top: 0; grid-row: 1 / 3; grid-column: 1; align-self: start; max-height: 100vh; overflow-y: auto;
    margin: 0; padding: 2.4rem 0.5rem 1rem 0; }}
  main > :first-child {{ margin-top: 0; }}
}}
@media (max-width: 45rem) {{
  body {{ font-size: 1rem; }}
  .page {{ padding: 0 1rem 3rem; }}
  h1 {{ font-size: 1.5rem; margin-top: 1.4rem; }}
  .contents ol ol {{ display: none; }}
  .equations {{ display: block; padding-left: 0; }}
  .line {{ display: block; margin: 0.55rem 0; padding-left: 1.6em; text-indent: -1.6em; }}
  .line.goes-on {{ padding-left: 3em; }}
  .line math {{ text-indent: 0; }}
  .left-side, .right-side {{ display: inline; padding: 0; text-indent: inherit; }}
  th, td {{ padding-right: 0.6rem; }}
  .numbered .line {{ position: relative; padding-right: 3.2em; }}
  .number {{ position: absolute; top: 0.2em; right: 0; text-indent: 0; }}
  .reason {{ justify-self: auto; max-width: none; text-indent: 0; padding: 0.1rem 0 0; text-align: left; }}
}}
@media print {{
  :root {{ color-scheme: light; --ground: #ffffff; --panel: #ffffff; --ink: #000000; --faint: #333333; --edge: #999999; --link: #000000; }}
  @page {{ margin: 18mm; }}
  body {{ font-size: 10.5pt; }}
  .page {{ display: block; max-width: none; padding: 0; }}
  .contents, .anchor {{ display: none; }}
  h2, h3, h4 {{ break-after: avoid; }}
  p:has(+ .equations) {{ break-after: avoid; }}
  .line > *, table, figure, .note {{ break-inside: avoid; }}
  .equations, .scroll {{ overflow: visible; }}
}}
"""
