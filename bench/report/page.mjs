// The report as one HTML page: charts as SVG inside it, no script, nothing to fetch.
import { lineChart, workloadChart } from './charts.mjs';
import { curveCells, figureCells, machineText, notesOf, verdictsOf, workloadCells } from './markdown.mjs';

const STYLE = `
:root { color-scheme: light dark; --ink: #1f2328; --paper: #fff; --line: #8884; --soft: #737d88; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h2 { border-top: 1px solid var(--line); padding-top: 1.5rem; margin-top: 2.5rem; }
h3 { margin: 2rem 0 .3rem; font-size: 1.02rem; }
p.soft, figcaption { color: var(--soft); font-size: .87rem; margin: .2rem 0; }
figure { margin: .4rem 0; }
figure svg { max-width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .87rem; margin: .4rem 0; }
th, td { padding: .2rem .8rem .2rem 0; text-align: right; vertical-align: bottom; font-variant-numeric: tabular-nums; }
th { font-weight: 600; color: var(--soft); }
td { border-top: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
summary { color: var(--soft); cursor: pointer; font-size: .87rem; }
.pass { color: #2f9e55; } .miss { color: #d1622b; font-weight: 600; }
nav a { margin-right: .8rem; color: #2f81f7; }
`;

export function page(results) {
  const verdicts = results.flatMap(verdictsOf);
  const passed = verdicts.filter(({ pass }) => pass).length;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Benchmarks of leasehold</title>
<style>${STYLE}</style>
<h1>Benchmarks of leasehold</h1>
<p>Bars are times over the floor (grey), so shorter is better; leasehold is blue, what it is compared with orange. Lines on the
bars go from the least to the greatest round. Each measurement is a process of its own, and a ratio is taken within a round.
Where bars differ by more than tenfold, the axis is logarithmic.</p>
<nav>${results.map(({ suite }) => `<a href="#${escaped(suite)}">${escaped(suite)}</a>`).join('')}</nav>
<h2 id="targets">Targets: ${passed} of ${verdicts.length} reached</h2>
${table(['', 'to reach', 'reached', ''], verdicts.map(verdictCells))}
${results.map(section).join('\n')}
</html>
`;
}

function section(result) {
  return [
    `<h2 id="${escaped(result.suite)}">${escaped(result.suite)}</h2>`,
    `<p class="soft">${escaped(machineText(result))}</p>`,
    ...(result.measured ?? []).map(workloadPart),
    ...(result.figures ? [table(...figureCells(result.figures))] : []),
    ...(result.growth ?? []).map(growthPart),
  ].join('\n');
}

function workloadPart(workload) {
  const entries = workload.dataset.entries.toLocaleString('en');
  return [
    `<h3>${escaped(workload.title)}</h3>`,
    `<p class="soft">${entries} entries; times over those of the floor</p>`,
    `<figure>${workloadChart(workload)}</figure>`,
    `<details><summary>${escaped(workload.unit)}</summary>${table(...workloadCells(workload))}</details>`,
    ...notesOf(workload).map((note) => `<p class="soft">${escaped(note)}</p>`),
  ].join('\n');
}

function growthPart(curve) {
  return [
    `<h3>${escaped(curve.title)}</h3>`,
    `<figure>${lineChart(curve)}</figure>`,
    `<details><summary>${escaped(curve.unit)}</summary>${table(...curveCells(curve))}</details>`,
  ].join('\n');
}

function verdictCells({ what, target, reached, pass }) {
  return [what, target, reached, { class: pass ? 'pass' : 'miss', text: pass ? 'pass' : 'miss' }];
}

function table(head, rows) {
  const cell = (content) =>
    typeof content === 'string'
      ? `<td>${escaped(content)}</td>`
      : `<td class="${content.class}">${escaped(content.text)}</td>`;
  const headRow = `<tr>${head.map((text) => `<th>${escaped(text)}</th>`).join('')}</tr>`;
  const body = rows.map((cells) => `<tr>${cells.map(cell).join('')}</tr>`);
  return `<div class="wide"><table>${[headRow, ...body].join('\n')}</table></div>`;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
