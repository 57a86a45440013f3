// One measurement of received rows: `node received-child.mjs LIBRARY MODE ROWS`, printed as JSON.
import process from 'node:process';

const [library, mode] = process.argv.slice(2);
const total = Number(process.argv[4]);
const { LeaseSource, NO_VIEWS, ReceivedBlock, Value } = await import(library);
const BLOCK = 64 * 1024;
const KEY = 16;
const VALUE = 100;
/** Where the table stands: behind the head of a frame. */
const TABLE = 16;
const ROWS = Math.floor((BLOCK - TABLE) / (16 + KEY + VALUE));
const views = { ...NO_VIEWS, value: (lease, at) => new Value(lease, at, null) };
const place = { begin: 0, size: BLOCK, table: TABLE, rows: ROWS };

/** What a socket would have written to the memory. */
function receive(memory) {
  const table = new Uint32Array(memory, TABLE, ROWS * 4);
  const bytes = new Uint8Array(memory);
  let position = TABLE + ROWS * 16;
  for (let row = 0; row < ROWS; row++) {
    table.set([position, KEY, position + KEY, VALUE], row * 4);
    bytes[position + KEY] = row;
    position += KEY + VALUE;
  }
}

const held = [];

/** Reads a byte of each value of a block, and gives the memory for the next one. */
const modes = {
  loop(memory) {
    const table = new Uint32Array(memory, TABLE, ROWS * 4);
    const bytes = new Uint8Array(memory);
    let sum = 0;
    for (let row = 0; row < ROWS; row++) sum += bytes[table[row * 4 + 2]];
    return { sum, memory };
  },
  block(memory) {
    const block = new ReceivedBlock(memory);
    const rows = block.adopt(views, place);
    let sum = 0;
    for (let row = 0; row < rows.length; row++) sum += rows.value(row).byteAt(0);
    return { sum, memory: block.reclaim() };
  },
  held(memory) {
    const block = new ReceivedBlock(memory);
    const rows = block.adopt(views, place);
    let sum = 0;
    for (let row = 0; row < rows.length; row++) {
      const value = rows.value(row);
      sum += value.byteAt(0);
      if (row % 1000 === 0) held[0] = value;
    }
    return { sum, memory: block.reclaim() };
  },
  source(memory) {
    const table = new Uint32Array(memory, TABLE, ROWS * 4).slice();
    const source = new LeaseSource(memory);
    let sum = 0;
    for (let row = 0; row < ROWS; row++) sum += Value.from(source, table[row * 4 + 2], table[row * 4 + 3]).byteAt(0);
    return { sum, memory: source.revoke(new ArrayBuffer(BLOCK)) };
  },
  copies(memory) {
    const table = new Uint32Array(memory, TABLE, ROWS * 4);
    const bytes = Buffer.from(memory);
    let sum = 0;
    for (let row = 0; row < ROWS; row++) {
      const at = table[row * 4 + 2];
      sum += Buffer.from(bytes.subarray(at, at + table[row * 4 + 3]))[0];
    }
    return { sum, memory };
  },
};

/** Reads so many rows; the time of reading alone. */
function pass(rows) {
  let memory = new ArrayBuffer(BLOCK);
  receive(memory);
  let sum = 0;
  const begin = performance.now();
  let read = 0;
  for (; read < rows; read += ROWS) {
    const found = modes[mode](memory);
    sum += found.sum;
    memory = found.memory;
  }
  return { row: ((performance.now() - begin) * 1e6) / read, sum };
}

for (let i = 0; i < 3; i++) pass(total / 4);
const passes = Array.from({ length: 5 }, () => pass(total));
passes.sort((a, b) => a.row - b.row);
console.log(JSON.stringify({ checksum: passes[0].sum, row: passes[2].row }));
