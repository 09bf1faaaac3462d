"""The style sheets. An SVG brings its own background; HTML follows the reader's light or dark."""

from __future__ import annotations

SANS = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Noto Sans',Arial,sans-serif"
MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
SERIF = "'STIX Two Text','Cambria Math',Cambria,Georgia,'Liberation Serif','Times New Roman',serif"

HTML_STYLE = f"""
:root {{
  color-scheme: light dark;
  --ground: #fff; --ink: #1f2328; --quiet: #5b6570; --rule: #d5dbe1; --sunk: #f5f7f9;
  --accent: #1d5fa8; --label: #eef2f7; --bar: #6ea3da;
  --more: #9a3c06; --more-ground: #fde4d0; --less: #1d55b0; --less-ground: #d5e4fb; --good: #1a7238;
}}
@media (prefers-color-scheme: dark) {{
  :root {{
    --ground: #11151a; --ink: #e4e8ec; --quiet: #9aa5b1; --rule: #343c45; --sunk: #1a2027;
    --accent: #7db7f5; --label: #1b232d; --bar: #4a86c5;
    --more: #f5a871; --more-ground: #45290d; --less: #8fbcff; --less-ground: #15315f;
    --good: #62c983;
  }}
}}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 {SANS}; font-variant-numeric: tabular-nums lining-nums; }}
main {{ max-width: 92rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }}
h1 {{ font-size: 1.6rem; line-height: 1.2; margin: 0 0 .75rem; }}
h2 {{ font-size: 1.15rem; line-height: 1.3; margin: 2.25rem 0 .5rem; }}
h3 {{ font-size: 1rem; margin: 1.5rem 0 .5rem; }}
h2, h3, figcaption {{ break-after: avoid; }}
p, ul, dl, pre {{ margin: .75rem 0; }}
p, li {{ max-width: 46rem; overflow-wrap: break-word; }}
pre {{ font: .875rem/1.5 {MONO}; background: var(--sunk); border-radius: .4rem;
  padding: .6rem .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }}
pre code {{ font: inherit; }}
.command code::before {{ content: "$ "; color: var(--quiet); }}
.word {{ display: inline-block; max-width: 100%; }}
.answer {{ font-size: 1.15rem; max-width: none; margin: 1.1rem 0; }}
.answer + .answer {{ margin-top: -.6rem; }}
.answer strong {{ font-size: 1.5rem; overflow-wrap: anywhere; }}
.name, .quiet {{ color: var(--quiet); }}
p.formula {{ font-size: 1.1rem; }}
.full {{ max-width: none; overflow-wrap: anywhere; }}
p.strong {{ font-size: 1.15rem; font-weight: 600; }}
.facts {{ display: flex; flex-wrap: wrap; gap: .6rem 2.2rem; }}
.facts dt {{ color: var(--quiet); font-size: .875rem; }}
.facts dd {{ margin: 0; }}
.box {{ overflow-x: auto; margin: 1.75rem 0; }}
p + .box {{ margin-top: 1.25rem; }}
table {{ border-collapse: separate; border-spacing: 0; font-size: .9375rem; line-height: 1.35; }}
caption, figcaption {{ font-size: 1rem; font-weight: 600; text-align: left; }}
caption {{ padding: 0 0 .4rem; white-space: nowrap; }}
figure {{ margin: 1.75rem 0; }}
td {{ min-width: 4.5rem; }}
th, td {{ padding: .28rem .5rem; text-align: right; white-space: nowrap;
  vertical-align: baseline; }}
thead th {{ vertical-align: bottom; border-bottom: 1px solid var(--ink); font-weight: 600; }}
tbody tr + tr > * {{ border-top: 1px solid var(--rule); }}
tbody th {{ font-weight: 400; }}
th:first-child {{ position: sticky; left: 0; background: var(--ground); text-align: left;
  padding-left: 0; }}
.words, td.formula {{ text-align: left; }}
td.formula {{ color: var(--quiet); font: 1rem {SERIF}; }}
.note {{ display: block; font-size: .8rem; }}
.label {{ background: var(--label); }}
thead .label {{ color: var(--accent); }}
td.label {{ font-weight: 600; }}
td.strong {{ font-weight: 700; }}
td.positive {{ color: var(--more); background: var(--more-ground); }}
td.negative {{ color: var(--less); background: var(--less-ground); }}
.match {{ color: var(--good); font-weight: 600; }}
tbody th.match {{ font-weight: 600; }}
.prose {{ white-space: normal; min-width: 18rem; max-width: 44rem; }}
.more {{ display: block; color: var(--quiet); font-size: .9em; font-weight: 400; }}
/* Its own width must not widen the column. */
svg.below {{ display: block; width: 0; min-width: 100%; height: 3px; margin-top: 2px; }}
.pair {{ display: flex; align-items: center; justify-content: flex-end; gap: .75rem; }}
svg.beside {{ flex: 1 0 clamp(4rem, 22vw, 13rem); height: .7rem; }}
.bar, .column {{ fill: var(--bar); }}
.track {{ fill: var(--rule); }}
svg.chart {{ display: block; margin-top: .5rem; max-width: 46rem; overflow: visible;
  padding: 0 1rem; }}
.chart text {{ text-anchor: middle; font: .8rem {SANS}; fill: var(--quiet); }}
.chart .count {{ fill: var(--ink); }}
.axis {{ stroke: var(--quiet); }}
details {{ margin: .5rem 0; }}
summary {{ color: var(--quiet); font-size: .875rem; cursor: pointer; }}
@media (max-width: 36rem) {{
  .chart text {{ font-size: .62rem; }}
  /* The numbers come first, where there is room for one of them. */
  svg.beside {{ display: none; }}
  table {{ font-size: .8125rem; }}
  td.formula {{ font-size: .875rem; }}
  td {{ min-width: 0; }}
  th, td {{ padding: .28rem .3rem; }}
}}
@page {{ margin: 12mm; }}
@media print {{
  :root {{ color-scheme: light;
    --ground: #fff; --ink: #000; --quiet: #444; --rule: #bbb; --sunk: #f5f7f9; --accent: #1d5fa8;
    --label: #eef2f7; --bar: #6ea3da; --more: #9a3c06; --more-ground: #fde4d0; --less: #1d55b0;
    --less-ground: #d5e4fb; --good: #1a7238; }}
  * {{ print-color-adjust: exact; -webkit-print-color-adjust: exact; }}
  main {{ max-width: none; padding: 0; }}
  .box {{ overflow: visible; break-inside: avoid; }}
  table {{ font-size: min(9.5pt, calc(180mm / var(--letters) / .58)); }}
  th, td {{ padding: .2em .35em; min-width: 0; }}
  .note {{ font-size: .85em; }}
  td.formula {{ font-size: inherit; }}
  details:not([open]) {{ display: none; }}
}}
"""

# For paper, where a table is so wide that its letters would be too small across it.
LANDSCAPE = """
@page { size: landscape; }
@media print { table { font-size: min(9.5pt, calc(250mm / var(--letters) / .58)); } }
"""

SVG_STYLE = f"""
text {{ font: 13px {SANS}; fill: #1f2328; white-space: pre; }}
.card {{ fill: #fff; stroke: #d5dbe1; }}
.sunk {{ fill: #f3f5f7; }}
.title {{ font-size: 18px; font-weight: 600; }}
.heading-2, .heading-3, .strong {{ font-weight: 600; }}
.heading-2 {{ font-size: 15px; }}
.answer {{ font: 600 20px {MONO}; }}
.caption {{ font-size: 13.5px; font-weight: 600; }}
.small {{ font-size: 12px; }}
.cell, .cell tspan {{ font-family: {MONO}; font-variant-numeric: tabular-nums; }}
.number {{ text-anchor: end; }}
.formula {{ font-family: {MONO}; }}
.cell.formula {{ font: 14.5px {SERIF}; }}
.name {{ font-weight: 600; }}
.note {{ font-size: 11px; font-family: {SANS}; }}
.cell.more {{ font: 12px {SANS}; }}
.quiet, .small, .more, .note, .cell.formula, .chart text {{ fill: #5b6570; }}
.indented {{ transform: translate(14px, 0); }}
.label {{ font-weight: 600; }}
.name.label, .note {{ fill: #1d5fa8; }}
.label-ground {{ fill: #eef2f7; }}
.positive {{ fill: #9a3c06; }}
.positive-ground {{ fill: #fde4d0; }}
.negative {{ fill: #1d55b0; }}
.negative-ground {{ fill: #d5e4fb; }}
.match {{ fill: #1a7238; font-weight: 600; }}
.bar, .column {{ fill: #6ea3da; }}
.track {{ fill: #d9dfe5; }}
line {{ shape-rendering: crispEdges; }}
.chart text {{ text-anchor: middle; font-size: 12px; }}
.chart .count {{ fill: #1f2328; }}
.axis, .head-rule {{ stroke: #1f2328; }}
.rule {{ stroke: #e3e7eb; }}
"""
