// node main.mjs LIBRARY [--large] GROUP…: runs the cases of some groups, and tells one line of JSON for each.
const names = process.argv.slice(3).filter((argument) => !argument.startsWith('--'));
for (const group of names) {
  // A URL, or the name of a file beside this one.
  const { cases } = await import(new URL(group, import.meta.url).href);
  for (const { name, run } of cases) {
    const begun = performance.now();
    let error = null;
    try {
      await run();
    } catch (thrown) {
      error = String(thrown?.stack ?? thrown);
    }
    console.log(JSON.stringify({ name, error, ms: Math.round(performance.now() - begun) }));
  }
}
console.log(JSON.stringify({ name: 'to the end', error: null }));
process.exit(0);
