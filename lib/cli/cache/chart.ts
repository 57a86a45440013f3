/** The longest bar, in columns of the terminal, and the shortest that is worth printing. */
const LONGEST = 50;
const SHORTEST = 10;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar for each value of 0 to 100, as lines of text at most `width` wide. */
export function barChart(bars: readonly (readonly [name: string, percent: number])[], width: number): string[] {
  const names = Math.max(...bars.map(([name]) => name.length));
  const room = Math.min(LONGEST, Math.max(SHORTEST, width - names - '  100.0% '.length));
  return bars.map(([name, percent]) => {
    const eighths = Math.round((percent / 100) * room * 8);
    const bar = '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
    return `${name.padEnd(names)} ${percent.toFixed(1).padStart(5)}% ${bar}`.trimEnd();
  });
}
