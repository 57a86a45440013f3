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

const table = new Uint32Array(ROWS * 4);
for (let row = 0, position = TABLE + ROWS * 16; row < ROWS; row++, position += KEY + VALUE) {
  table.set([position, KEY, position + KEY, VALUE], row * 4);
}

/**
 * Fills a block, as a socket would. Not by a copy of another block: on some processors, a copy takes ten times as long if both
 * begin at nearly the same place of a page.
 */
function fill(bytes) {
  bytes.fill(1);
  const numbers = new Uint32Array(bytes.buffer, TABLE, table.length);
  for (let i = 0; i < table.length; i++) numbers[i] = table[i];
}

const held = [];

/** Reads a byte of each Value of a block. Holds one Value in 1,000, if `holds`. */
function readAll(block, holds) {
  const rows = block.adopt(views, place);
  let sum = 0;
  for (let row = 0; row < rows.length; row++) {
    const value = rows.value(row);
    sum += value.byteAt(0);
    if (holds && (row + held.length) % 1000 === 0) held[held.length % 100] = value;
  }
  return sum;
}

/** Reads each value of a block where it lies, without a Value. */
function loop(bytes) {
  const numbers = new Uint32Array(bytes.buffer, TABLE, ROWS * 4);
  let sum = 0;
  for (let row = 0; row < ROWS; row++) sum += bytes[numbers[row * 4 + 2]];
  return sum;
}

const plain = new Uint8Array(BLOCK);
fill(plain);
const expiring = new ReceivedBlock(BLOCK, 'invalidate');
fill(expiring.receive());
const lasting = new ReceivedBlock(BLOCK);

/** The modes `loop` and `block` read what was received before. All other modes receive first. */
const modes = {
  loop: () => loop(plain),
  block() {
    expiring.receive();
    return readAll(expiring, false);
  },
  receive() {
    fill(plain);
    return loop(plain);
  },
  reused() {
    fill(expiring.receive());
    return readAll(expiring, false);
  },
  fresh() {
    fill(lasting.receive());
    return readAll(lasting, false);
  },
  held() {
    fill(lasting.receive());
    return readAll(lasting, true);
  },
  source() {
    const memory = new ArrayBuffer(BLOCK);
    fill(new Uint8Array(memory));
    const source = new LeaseSource(memory);
    let sum = 0;
    for (let row = 0; row < ROWS; row++) sum += Value.from(source, table[row * 4 + 2], table[row * 4 + 3]).byteAt(0);
    return sum;
  },
  copies() {
    fill(plain);
    const bytes = Buffer.from(plain.buffer);
    let sum = 0;
    for (let row = 0; row < ROWS; row++) {
      const at = table[row * 4 + 2];
      sum += Buffer.from(bytes.subarray(at, at + table[row * 4 + 3]))[0];
    }
    return sum;
  },
};

/** The time that it takes to read so many rows, for each row. */
function pass(rows) {
  const read = modes[mode];
  let sum = 0;
  const begin = performance.now();
  let done = 0;
  for (; done < rows; done += ROWS) sum += read();
  return { row: ((performance.now() - begin) * 1e6) / done, sum };
}

for (let i = 0; i < 3; i++) pass(total / 4);
const passes = Array.from({ length: 5 }, () => pass(total));
passes.sort((a, b) => a.row - b.row);
console.log(JSON.stringify({ checksum: passes[0].sum, row: passes[2].row }));
