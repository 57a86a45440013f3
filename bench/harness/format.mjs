// Numbers as the tables and the charts show them.

export function number(value) {
  if (Number.isInteger(value)) return value.toLocaleString('en');
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  if (value > 0 && value < 0.0005) return value.toExponential(1);
  return value.toPrecision(value >= 100 ? 4 : 3);
}

/** `median (min … max)`, or nothing where there is no spread. */
export function spreadText(spread) {
  return spread ? `${number(spread.median)} (${rangeText(spread)})` : '';
}

export function rangeText({ min, max }) {
  return `${number(min)} … ${number(max)}`;
}

/** The spread of `1 / x`, from the spread of `x`. It makes a ratio of speeds of a ratio of times. */
export function inverse(spread) {
  return spread && { median: 1 / spread.median, min: 1 / spread.max, max: 1 / spread.min };
}
