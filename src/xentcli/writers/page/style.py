"""The style sheets. An SVG has its own background; HTML follows the reader's light or dark mode."""

from __future__ import annotations

SANS = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Noto Sans',Arial,sans-serif"
MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"

HTML_STYLE = f"""
:root {{
  color-scheme: light dark;
  --ground: #fff; --ink: #1f2328; --quiet: #5b6570; --rule: #d5dbe1; --sunk: #f5f7f9;
  --accent: #1d5fa8; --label: #eef2f7; --bar: #4b8bcb;
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
/* As wide as its tables and charts; what is of words alone does not widen it. */
main {{ width: fit-content; min-width: min(100%, 46rem); max-width: min(100%, 96rem);
  margin: 0 auto; padding: 2rem 1.25rem 3rem; }}
h1, h2, h3, p, ul, dl, pre {{ width: 0; min-width: 100%; }}
h1 {{ font-size: 1.6rem; line-height: 1.2; margin: 0 0 .75rem; }}
h2 {{ font-size: 1.15rem; line-height: 1.3; margin: 2.25rem 0 .5rem; }}
h3 {{ font-size: 1rem; margin: 1.5rem 0 .5rem; }}
h2, h3, figcaption {{ break-after: avoid; }}
p, ul, dl, pre {{ margin: .75rem 0; }}
p, li {{ overflow-wrap: break-word; }}
p, ul {{ min-width: min(100%, 46rem); }}
pre {{ font: .875rem/1.5 {MONO}; background: var(--sunk); border-radius: .4rem;
  padding: .6rem .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }}
pre code {{ font: inherit; }}
.command {{ max-height: 10rem; overflow-y: auto; }}
.command code::before {{ content: "$ "; color: var(--quiet); }}
.word {{ display: inline-block; max-width: 100%; }}
.answer {{ font-size: 1.15rem; min-width: 100%; margin: 1.1rem 0; }}
.answer + .answer {{ margin-top: -.6rem; }}
.answer strong {{ font-size: 1.5rem; overflow-wrap: anywhere; }}
.name, .quiet {{ color: var(--quiet); }}
p.formula {{ font-size: 1.1rem; }}
.full {{ min-width: 100%; overflow-wrap: anywhere; }}
p.strong {{ font-size: 1.15rem; font-weight: 600; }}
.facts {{ display: flex; flex-wrap: wrap; gap: .6rem 2.2rem; }}
.facts dt {{ color: var(--quiet); font-size: .875rem; }}
.facts dd {{ margin: 0; }}
.row {{ display: flex; flex-wrap: wrap; align-items: flex-start; gap: 0 3rem; }}
.part {{ min-width: 0; max-width: 100%; }}
.box {{ overflow-x: auto; margin: 1.5rem 0; }}
p + .box {{ margin-top: 1.25rem; }}
table {{ border-collapse: separate; border-spacing: 0; font-size: .9rem; line-height: 1.35; }}
caption, figcaption {{ font-size: 1rem; font-weight: 600; text-align: left; }}
caption {{ padding: 0 0 .4rem; white-space: nowrap; }}
figure {{ margin: 1.5rem 0; width: 46rem; max-width: 100%; container-type: inline-size; }}
td {{ min-width: 4.2rem; }}
th, td {{ padding: .28rem .5rem; text-align: right; white-space: nowrap;
  vertical-align: baseline; }}
thead th {{ vertical-align: bottom; border-bottom: 1px solid var(--ink); font-weight: 600; }}
tbody tr + tr > * {{ border-top: 1px solid var(--rule); }}
tbody th {{ font-weight: 400; }}
/* The names of the rows and the label's column stay in sight while the others scroll. */
th:first-child {{ position: sticky; left: 0; z-index: 2; background: var(--ground);
  text-align: left; padding-left: 0; }}
.steps th:first-child {{ min-width: calc(var(--names) * .62em + .6rem); }}
.label {{ position: sticky; left: calc(var(--names) * .62em + .6rem); right: 0; z-index: 1; }}
.words, td.formula {{ text-align: left; }}
td.formula {{ color: var(--quiet); }}
.note {{ display: block; font-size: .8em; }}
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
svg.beside {{ flex: 1 0 auto; width: clamp(4rem, 22vw, 13rem); height: .7rem; }}
.bar, .column {{ fill: var(--bar); }}
.track {{ fill: var(--rule); }}
svg.chart {{ display: block; margin-top: .5rem; overflow: visible; padding: 0 1rem; }}
.chart text {{ text-anchor: middle; font: .8rem {SANS}; fill: var(--quiet); }}
.chart .count {{ fill: var(--ink); }}
.axis {{ stroke: var(--quiet); }}
details {{ margin: .5rem 0; }}
summary {{ color: var(--quiet); font-size: .875rem; cursor: pointer; }}
@media (min-width: 1000px) {{
  /* The table has the room that it needs, and the chart the rest. */
  .chart-first {{ display: grid; gap: 0 2.5rem;
    grid-template-columns: minmax(22rem, 1fr) minmax(0, max-content); }}
  .chart-first svg.beside {{ width: clamp(3rem, 22vw - 11rem, 13rem); }}
}}
@container (max-width: 32rem) {{
  .chart text {{ font-size: .62rem; }}
}}
@media (max-width: 36rem) {{
  main {{ padding: 1.25rem .9rem 2rem; }}
  .facts {{ gap: .5rem 1.5rem; }}
  /* The numbers come first, where there is room for one of them. */
  svg.beside {{ display: none; }}
  table {{ font-size: .8125rem; }}
  td {{ min-width: 0; }}
  th, td {{ padding: .28rem .22rem; }}
  td.below, th.below {{ display: none; }}
  [data-below]::after {{ content: attr(data-below); display: block; color: var(--quiet);
    font-size: .92em; }}
  .steps th:first-child {{ min-width: 8.5rem; max-width: 8.5rem; white-space: normal; }}
  .label {{ left: 8.5rem; }}
  .prose {{ min-width: 11rem; }}
  th.prose:first-child {{ position: static; }}
}}
@page {{ margin: 12mm; }}
@media print {{
  :root {{ color-scheme: light;
    --ground: #fff; --ink: #000; --quiet: #444; --rule: #bbb; --sunk: #f5f7f9; --accent: #1d5fa8;
    --label: #eef2f7; --bar: #4b8bcb; --more: #9a3c06; --more-ground: #fde4d0; --less: #1d55b0;
    --less-ground: #d5e4fb; --good: #1a7238; }}
  * {{ print-color-adjust: exact; -webkit-print-color-adjust: exact; }}
  main {{ width: auto; min-width: 0; max-width: none; padding: 0; }}
  .row {{ display: block; }}
  .command {{ max-height: none; overflow: visible; }}
  .box {{ overflow: visible; break-inside: avoid; }}
  table {{ font-size: min(9.5pt, calc(180mm / var(--letters) / .58)); }}
  th, td, th:first-child, .label {{ position: static; padding: .2em .35em; min-width: 0; }}
  details:not([open]) {{ display: none; }}
}}
"""

# For paper: a table is so wide that its letters would be too small in portrait.
LANDSCAPE = """
@page { size: landscape; }
@media print { table { font-size: min(9.5pt, calc(250mm / var(--letters) / .58)); } }
"""

SVG_STYLE = f"""
text {{ font: 13px {SANS}; font-variant-numeric: tabular-nums; fill: #1f2328; white-space: pre; }}
.card {{ fill: #fff; stroke: #d5dbe1; }}
.title {{ font-size: 18px; font-weight: 600; }}
.heading-2, .heading-3, .strong, .name, .label {{ font-weight: 600; }}
.heading-2 {{ font-size: 15px; }}
.answer {{ font-size: 20px; font-weight: 600; }}
.caption {{ font-size: 13.5px; font-weight: 600; }}
.small, .more, .chart text {{ font-size: 12px; }}
.note {{ font-size: 11px; }}
.number {{ text-anchor: end; }}
.quiet, .small, .more, .formula, .chart text {{ fill: #5b6570; }}
.indented {{ transform: translate(14px, 0); }}
.name.label, .note {{ fill: #1d5fa8; }}
.label-rule {{ fill: #1d5fa8; }}
.positive {{ fill: #9a3c06; }}
.negative {{ fill: #1d55b0; }}
.match {{ fill: #1a7238; font-weight: 600; }}
.bar, .column {{ fill: #4b8bcb; }}
.track {{ fill: #d5dbe1; }}
line {{ shape-rendering: crispEdges; }}
.chart text {{ text-anchor: middle; }}
.chart .count {{ fill: #1f2328; }}
.axis, .head-rule {{ stroke: #1f2328; }}
.rule {{ stroke: #e3e7eb; }}
"""
