import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resultsFolder } from '../harness/paths.mjs';
import { loadResults } from '../harness/results.mjs';
import { markdown } from './markdown.mjs';

/**
 * Writes results/report.md, report.json and report.html from what the suites named have measured, now or earlier, and, if
 * `chartFolder` is given, the charts of the README into it. Without ECharts there is no page and no chart: it says so.
 */
export async function writeReport(suites, chartFolder) {
  const results = loadResults(suites);
  if (results.length === 0) throw new Error('there are no results to report: measure something first');
  mkdirSync(resultsFolder, { recursive: true });
  write('report.json', `${JSON.stringify(results, null, 1)}\n`);
  write('report.md', markdown(results));
  if (!(await chartsInstalled())) {
    console.log('no report.html, since ECharts is not installed: npm ci --prefix bench');
    return;
  }
  const { page } = await import('./page.mjs');
  write('report.html', page(results));
  if (chartFolder === undefined) return;
  const { readmeCharts } = await import('./readme-charts.mjs');
  mkdirSync(chartFolder, { recursive: true });
  for (const [name, svg] of Object.entries(readmeCharts(results))) {
    writeFileSync(join(chartFolder, name), `${svg}\n`);
    console.log(`written to ${join(chartFolder, name)}`);
  }
}

function write(name, text) {
  const file = join(resultsFolder, name);
  writeFileSync(file, text);
  console.log(`written to ${file}`);
}

async function chartsInstalled() {
  try {
    await import('echarts');
    return true;
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return false;
    throw error;
  }
}
