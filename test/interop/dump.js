/** The text format of mdb_dump and mdb_load, with every byte in hexadecimal (`format=bytevalue`). */
export function parseDump(text) {
  const databases = new Map();
  let name;
  let bytes;
  for (const line of text.split('\n')) {
    if (line.startsWith(' ')) {
      if (bytes === undefined) throw new Error(`a line of data in the header: ${line}`);
      bytes.push(Buffer.from(line.slice(1), 'hex'));
    } else if (line.startsWith('database=')) {
      name = line.slice('database='.length);
    } else if (line === 'HEADER=END') {
      bytes = [];
    } else if (line === 'DATA=END') {
      databases.set(name, pairs(bytes ?? []));
      name = undefined;
      bytes = undefined;
    }
  }
  if (bytes !== undefined) throw new Error('the dump ends in the middle of its data');
  return databases;
}
function pairs(bytes) {
  const entries = [];
  for (let i = 0; i < bytes.length; i += 2) entries.push([bytes[i], bytes[i + 1]]);
  return entries;
}
/** The text that mdb_load takes for one database. Its keys must be in order if mdb_load is to append. */
export function formatDump(name, entries) {
  const header = ['VERSION=3', 'format=bytevalue', ...(name === undefined ? [] : [`database=${name}`]), 'type=btree'];
  const data = entries.flatMap(([key, value]) => [` ${key.toString('hex')}`, ` ${value.toString('hex')}`]);
  return `${[...header, 'mapsize=67108864', 'HEADER=END', ...data, 'DATA=END'].join('\n')}\n`;
}
/** Entries in hexadecimal, which prints better than Buffers where a comparison fails. */
export function hex(entries) {
  return Array.from(entries, ([key, value]) => `${hexOf(key)} ${hexOf(value)}`);
}
function hexOf(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
