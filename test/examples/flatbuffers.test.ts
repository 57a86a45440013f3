import { deepStrictEqual } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bytes, uint32 } from '../../lib/index.ts';
import { copyOfLibrary } from '../support/child.ts';
import { openTemporary } from '../support/fixture.ts';
import { lendingTest } from '../support/lending.ts';

interface Content {
  station: string;
  started: bigint;
  rate: number;
  samples: Float32Array;
}

/** What the generated class gives of it. */
interface Recording {
  station(): string;
  started(): bigint;
  rate(): number;
  samples(index: number): number;
  samplesLength(): number;
  samplesArray(): Float32Array;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const { decodeRecording, encodeRecording } = (await import(
  join(root, 'examples/flatbuffers/recording.mjs')
)) as unknown as { decodeRecording(bytes: Uint8Array): Recording; encodeRecording(content: Content): Uint8Array };

/** Numbers of samples: few enough for a Buffer that is a copy, and enough for one that is a mapping. */
const LENGTHS = [0, 100, 10_000, 300_000];

function content(length: number, generation: number): Content {
  const samples = Float32Array.from({ length }, (_, i) => i + generation / 2);
  return { station: `Städtchen ${length} ${generation}`, started: BigInt(generation), rate: length / 8, samples };
}

/** The encoded recordings of some generations, made once. */
const encodings = Array.from({ length: 5 }, (_, generation) =>
  LENGTHS.map((length) => encodeRecording(content(length, generation))),
);

function shown(recording: Recording): Content & { last: number } {
  return {
    station: recording.station(),
    started: recording.started(),
    rate: recording.rate(),
    samples: recording.samplesArray() ?? new Float32Array(0),
    last: recording.samplesLength() === 0 ? Number.NaN : recording.samples(recording.samplesLength() - 1),
  };
}

function expected(length: number, generation: number): Content & { last: number } {
  const given = content(length, generation);
  return { ...given, last: given.samples.at(-1) ?? Number.NaN };
}

function makeWorld() {
  const env = openTemporary({ mapSize: 2 ** 30, durability: 'nosync' });
  const recordings = env.collection('recordings', { key: uint32, value: bytes });
  const put = (generation: number) =>
    env.write(() => {
      for (const [i, encoding] of (encodings[generation] as Uint8Array[]).entries()) {
        recordings.put(LENGTHS[i] as number, encoding);
      }
    });
  put(0);
  const decode = (length: number) => decodeRecording(recordings.getBuffer(length) as Buffer);
  return { env, put, decode };
}

/** The mappings of this process that lie on the data file of an environment. */
function mappingsOf(path: string): number {
  const lines = readFileSync('/proc/self/maps', 'utf8').split('\n');
  return lines.filter((line) => line.endsWith(`${path}/data.mdb`)).length;
}

test('FlatBuffers reads every field from a leased Buffer', () => {
  const { env, decode } = makeWorld();
  env.read(() => {
    for (const length of LENGTHS) deepStrictEqual(shown(decode(length)), expected(length, 0));
  });
});

lendingTest('without a copy: a large Buffer is a mapping of the file, and typed arrays lie on it', () => {
  const { env, decode } = makeWorld();
  env.read(() => {
    const before = mappingsOf(env.path);
    const held = LENGTHS.map((length) => decode(length));
    expect(mappingsOf(env.path)).toBe(before + 2);
    const outside = process.memoryUsage().arrayBuffers;
    for (const recording of held) shown(recording);
    const array = (held[3] as Recording).samplesArray();
    expect(array.buffer.byteLength).toBeGreaterThan(1_200_000);
    expect(process.memoryUsage().arrayBuffers - outside).toBeLessThan(100_000);
    expect(env.counters().bytesCopied).toBe(0);
  });
});

test('what was read stays right after the end of the transaction and a hundred commits', async () => {
  const { env, put, decode } = makeWorld();
  const txn = env.read();
  const held = env.read(() => LENGTHS.map((length) => decode(length)));
  const arrays = held.map((recording) => recording.samplesArray());
  txn.end();
  for (let i = 0; i < 100; i++) put(1 + (i % 4));
  await txn.drained;
  for (const [i, length] of LENGTHS.entries()) {
    deepStrictEqual(shown(held[i] as Recording), expected(length, 0));
    deepStrictEqual(arrays[i] ?? new Float32Array(0), expected(length, 0).samples);
  }
});

test('the example runs', () => {
  const library = copyOfLibrary();
  const folder = join(library, 'examples/flatbuffers');
  cpSync(join(root, 'examples/flatbuffers'), folder, {
    recursive: true,
    filter: (path) => !path.endsWith('/flatbuffers/data'),
  });
  cpSync(join(root, 'node_modules/flatbuffers'), join(library, 'node_modules/flatbuffers'), { recursive: true });
  const told = execFileSync(process.execPath, [join(folder, 'main.mjs')], { encoding: 'utf8' });
  expect(told.split('\n')).toEqual([
    'Bern: 1000 s, peak 4.00',
    'Genova: 1000 s, peak 6.00',
    'Graz: 1000 s, peak 4.00',
    'kept: Graz, 100000 samples, peak 4.00',
    'bytes copied while reading: 0',
    '',
  ]);
});
