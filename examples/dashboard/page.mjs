// The page: a client in the browser. It reads a range once, and is then told what changes in it.
import { connect } from './leasehold/client.js';

const { address, token } = await (await fetch('store.json')).json();
const store = await connect(address, { token });
const cities = store.collection('cities');
const element = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString('en');

/** Calls `show` with all entries of a range as of one commit, and then with those that each later commit has changed. */
async function follow(collection, range, show, signal) {
  const view = await store.snapshot({ sync: true });
  const entries = [];
  for await (const { key, value } of collection.range(range, view)) entries.push([JSON.stringify(key), value]);
  view.close();
  if (signal?.aborted) return;
  show(entries);
  for await (const { keys } of collection.watch({ ...range, after: view.tid, signal })) {
    const values = await collection.getMany(keys);
    show(keys.map((key, i) => [JSON.stringify(key), values[i]]));
  }
}

/** An element of a list for each key, made when it is first asked for. */
function rowsOf(list, html) {
  const rows = new Map();
  list.replaceChildren();
  return (key) => {
    if (!rows.has(key)) {
      const row = document.createElement('li');
      row.innerHTML = html;
      row.dataset.key = key;
      rows.set(key, row);
    }
    return rows.get(key);
  };
}

/** Shows the largest cities of a country, whatever happens to them, until `signal` is aborted. */
function showCities(country, signal) {
  const populations = new Map();
  const rowOf = rowsOf(element('cities'), '<span></span><b></b>');
  const show = (entries) => {
    for (const [key, { name, population }] of entries) populations.set(key, { name, population });
    const largest = [...populations].sort(([, a], [, b]) => b.population - a.population).slice(0, 14);
    const rows = largest.map(([key, { name, population }]) => {
      const row = rowOf(key);
      const [label, shown] = row.children;
      row.classList.toggle('changed', shown.textContent !== '' && shown.textContent !== number(population));
      row.style.setProperty('--share', `${(100 * population) / largest[0][1].population}%`);
      label.textContent = name;
      shown.textContent = number(population);
      return row;
    });
    element('cities').replaceChildren(...rows);
  };
  return follow(cities, { prefix: [country] }, show, signal);
}

/** Counts the people of a country each second, as of one commit. They move within it, so there are always as many. */
async function checkSum(country, signal) {
  let first;
  for (let checks = 1; !signal.aborted; checks++) {
    const view = await store.snapshot({ sync: true });
    let count = 0;
    let people = 0;
    const begun = performance.now();
    for await (const { value } of cities.range({ prefix: [country] }, view)) {
      count++;
      people += value.population;
    }
    view.close();
    if (signal.aborted) return;
    first ??= people;
    element('sum').textContent = `${number(count)} cities, ${number(people)} people`;
    element('checks').textContent =
      `Counted ${checks} times as of one commit, in ${Math.ceil(performance.now() - begun)} ms: ${
        people === first ? 'always as many people' : `${people - first} people too many`
      }.`;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

const PROCESS =
  '<p><b></b><span></span></p><meter min="0" max="1" value="0"></meter><p class="dim"><span></span><span></span></p>';

/** Shows what the processes tell of themselves in a collection. */
function showProcesses() {
  const list = element('processes');
  const rowOf = rowsOf(list, PROCESS);
  return follow(store.collection('clients'), {}, (entries) => {
    for (const [key, told] of entries) {
      const row = rowOf(key);
      const [name, total, left, right] = row.querySelectorAll('b, span');
      name.textContent = JSON.parse(key);
      if (told.moves !== undefined) {
        row.querySelector('meter')?.remove();
        total.textContent = `${number(told.moves)} transactions`;
        left.textContent = `${number(told.moved)} people have moved`;
      } else {
        const share = told.hits / (told.hits + told.misses);
        row.querySelector('meter').value = share;
        total.textContent = `${number(told.reads)} reads`;
        left.textContent = `${(100 * share).toFixed(1)} % and ${number(told.spanHits)} ranges from the cache`;
        right.textContent = `${number(Math.round(told.bytes / 1024))} KiB`;
      }
      list.append(row);
    }
  });
}

/** Fills the list of countries. */
async function listCountries() {
  const found = [];
  for await (const { key, value } of store.collection('countries').range()) found.push([value.cities, key, value.name]);
  found.sort((a, b) => b[0] - a[0]);
  element('country').replaceChildren(...found.map(([, code, name]) => new Option(name, code)));
}

const showState = (state) => {
  element('state').textContent = element('state').dataset.state = state;
};
store.on('state', showState);
showState(store.state);
setInterval(() => {
  element('tid').textContent = number(store.tid);
}, 100);

await listCountries();
let shown = new AbortController();
function choose() {
  shown.abort();
  shown = new AbortController();
  const { signal } = shown;
  for (const work of [showCities, checkSum]) {
    work(element('country').value, signal).catch((error) => {
      if (error.name !== 'AbortError') throw error;
    });
  }
}
element('country').addEventListener('change', choose);
choose();
await showProcesses();
