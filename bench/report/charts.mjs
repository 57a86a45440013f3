// Charts as SVG text, drawn by ECharts without a browser. Their colours can be read on a white and on a black page, so one
// file serves both. Their labels are text.
import * as echarts from 'echarts';
import { number, rangeText } from '../harness/format.mjs';
import { labelOf } from './labels.mjs';

const INK = '#737d88';
const GRID = 'rgba(127, 127, 127, 0.22)';
const COLOURS = { floor: '#8b949e', own: '#2f81f7', peer: '#d9822b' };
const LINES = ['#2f81f7', '#3fa66a', '#d9822b', '#b065d6'];
// No quotation marks: it stands in an attribute.
const FONT = 'system-ui, -apple-system, Segoe UI, Roboto, Liberation Sans, sans-serif';
const ROW = 26;
const text = { color: INK, fontFamily: FONT, fontSize: 12 };

function draw(width, height, option) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({ animation: false, textStyle: text, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

function title(text, subtext) {
  return {
    text,
    subtext,
    left: 0,
    top: 0,
    textStyle: { ...styled(15), fontWeight: 600 },
    subtextStyle: styled(12),
    itemGap: 6,
  };
}

function styled(fontSize) {
  return { color: INK, fontFamily: FONT, fontSize };
}

/** Room for labels: what the longest of them takes, at about 6.6 px a letter. */
function widthOf(labels) {
  return Math.max(...labels.map((label) => label.length)) * 6.6 + 12;
}

/** The exponent of the least power of ten that is not below the value. */
function decadeFrom(value) {
  return Math.ceil(Math.log10(value) - 1e-9);
}

/**
 * A logarithmic axis over positive values, with a line at each power of ten. It begins at half the least value, so that
 * each bar has a length.
 */
function logarithmicAxis(values) {
  const min = Math.min(...values) / 2;
  const max = Math.max(...values) * 1.1;
  const decades = [];
  for (let power = decadeFrom(min); 10 ** power <= max; power++) decades.push(10 ** power);
  return {
    type: 'log',
    min,
    max,
    axisTick: { show: false, customValues: decades },
    axisLabel: { customValues: decades },
  };
}

/**
 * Horizontal bars with their spread. `bars`: `{ label, role, spread, note }`, role `floor`, `own` or `peer`.
 * The axis is logarithmic where the bars differ by more than tenfold.
 */
export function barChart({ heading, subheading, bars, width = 760 }) {
  const medians = bars.map(({ spread }) => spread.median);
  const logarithmic = Math.max(...medians) > 10 * Math.min(...medians);
  const axis = logarithmic
    ? logarithmicAxis(bars.flatMap(({ spread }) => [spread.min, spread.max]))
    : { type: 'value', min: 0 };
  const top = heading ? 62 : 8;
  const right = widthOf(bars.map(({ note }) => note)) + 8;
  return draw(width, top + bars.length * ROW + 26, {
    ...(heading && { title: title(heading, subheading) }),
    grid: { left: widthOf(bars.map(({ label }) => label)), right, top, bottom: 26 },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map(({ label }) => label),
      axisLine: { lineStyle: { color: GRID } },
      axisTick: { show: false },
      axisLabel: { ...text, interval: 0 },
    },
    xAxis: {
      ...axis,
      splitNumber: 4,
      axisLabel: { ...text, ...axis.axisLabel, fontSize: 11, formatter: plain, hideOverlap: true },
      splitLine: { lineStyle: { color: GRID } },
      minorSplitLine: { show: false },
    },
    series: [
      {
        type: 'bar',
        barWidth: 14,
        data: bars.map(({ spread, role }) => ({ value: spread.median, itemStyle: { color: COLOURS[role] } })),
      },
      {
        type: 'custom',
        z: 3,
        data: bars.map(({ spread }, i) => [spread.min, spread.max, i]),
        encode: { x: [0, 1], y: 2 },
        renderItem: whisker,
      },
      // The notes stand in a column of their own, behind the longest bar.
      {
        type: 'custom',
        clip: false,
        data: bars.map((_, i) => [axis.min, i]),
        encode: { x: 0, y: 1 },
        renderItem: (params, api) => ({
          type: 'text',
          x: params.coordSys.x + params.coordSys.width + 10,
          y: api.coord([api.value(0), api.value(1)])[1],
          style: {
            text: bars[params.dataIndex].note,
            fill: INK,
            fontFamily: FONT,
            fontSize: 12,
            verticalAlign: 'middle',
          },
        }),
      },
    ],
  });
}

/** A line from the least to the greatest, with ends. */
function whisker(_, api) {
  const row = api.value(2);
  const [x1, y] = api.coord([api.value(0), row]);
  const [x2] = api.coord([api.value(1), row]);
  const line = (x1, y1, x2, y2) => ({
    type: 'line',
    shape: { x1, y1, x2, y2 },
    style: { stroke: INK, lineWidth: 1.2 },
  });
  return { type: 'group', children: [line(x1, y, x2, y), line(x1, y - 4, x1, y + 4), line(x2, y - 4, x2, y + 4)] };
}

function plain(value) {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

/** Curves over a logarithmic axis of numbers of entries. `lines`: `{ name, points: [{ x, median, min, max }] }`. */
export function lineChart({ lines, unit, width = 760, height = 300 }) {
  const values = lines.flatMap(({ points }) => points.map(({ median }) => median)).filter((value) => value > 0);
  const xs = lines.flatMap(({ points }) => points.map(({ x }) => x));
  const axis =
    Math.max(...values) > 20 * Math.min(...values)
      ? logarithmicAxis(values)
      : { type: 'value', min: 0, splitNumber: 4 };
  const across = logarithmicAxis(xs);
  return draw(width, height, {
    color: LINES,
    legend: { top: 0, left: 0, textStyle: text, itemWidth: 18 },
    grid: { left: 64, right: 24, top: 58, bottom: 32 },
    xAxis: {
      ...across,
      axisLabel: { ...text, ...across.axisLabel, fontSize: 11, formatter: shortCount },
      axisLine: { lineStyle: { color: GRID } },
      splitLine: { lineStyle: { color: GRID } },
    },
    yAxis: {
      ...axis,
      name: unit,
      axisLine: { lineStyle: { color: GRID } },
      nameTextStyle: { ...text, align: 'left' },
      nameGap: 10,
      axisLabel: { ...text, ...axis.axisLabel, fontSize: 11, formatter: plain },
      splitLine: { lineStyle: { color: GRID } },
    },
    series: lines.map(({ name, points }) => ({
      type: 'line',
      name,
      ...(name.startsWith('C ') && { color: COLOURS.floor }),
      symbol: 'circle',
      symbolSize: 7,
      data: points.map(({ x, median }) => [x, median]),
    })),
  });
}

function shortCount(value) {
  if (value >= 1e6) return `${value / 1e6} M`;
  return value >= 1000 ? `${value / 1000} k` : `${value}`;
}

/** The role of a contestant in a workload. */
function roleOf(workload, name) {
  if (name === workload.floor) return 'floor';
  return workload.contestants.includes(name) ? 'own' : 'peer';
}

/** A chart of one workload: each time as a multiple of the floor's. */
export function workloadChart(workload) {
  const bars = workload.summary.map(({ name, ratios }) => {
    const spread = ratios[workload.floor] ?? { median: 1, min: 1, max: 1 };
    const note = ratios[workload.floor] ? `${number(spread.median)} (${rangeText(spread)})` : '1';
    return { label: labelOf(name), role: roleOf(workload, name), spread, note };
  });
  return barChart({ bars });
}

/** A chart for a README: the times of one workload, each also as a multiple of the time of the floor or the first contestant. */
export function timesChart(workload, heading, subheading) {
  const bars = workload.summary.map(({ name, time, ratios }) => {
    const ratio = ratios[workload.floor]?.median ?? 1;
    return {
      label: labelOf(name),
      role: roleOf(workload, name),
      spread: time,
      note: `${number(time.median)} ns · ${number(ratio)}×`,
    };
  });
  return barChart({ heading, subheading, bars });
}
