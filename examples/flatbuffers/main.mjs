// FlatBuffers reads a field from a Uint8Array when the program asks for it. Given a Buffer that leasehold lends, it reads
// the database's own pages: a recording of 400 kB is opened without a copy and without parsing.
//
//   node examples/flatbuffers/main.mjs
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bytes, open, tuple } from 'leasehold';
import { decodeRecording, encodeRecording } from './recording.mjs';

const path = fileURLToPath(new URL('./data', import.meta.url));
rmSync(path, { recursive: true, force: true });
const env = open(path);
const recordings = env.collection('recordings', { key: tuple, value: bytes });

env.write(() => {
  for (const station of ['Bern', 'Genova', 'Graz']) {
    const samples = Float32Array.from({ length: 100_000 }, (_, i) => Math.sin(i / 100) * station.length);
    recordings.put([station, 1], encodeRecording({ station, started: 1_700_000_000_000n, rate: 100, samples }));
  }
});

const peak = (samples) => samples.reduce((most, sample) => Math.max(most, sample), 0);

const kept = env.read((txn) => {
  for (const key of recordings.range({}, txn).keys()) {
    const recording = decodeRecording(recordings.getBuffer(key, txn));
    const seconds = recording.samplesLength() / recording.rate();
    // samplesArray() lays a Float32Array over the same memory.
    console.log(`${recording.station()}: ${seconds} s, peak ${peak(recording.samplesArray()).toFixed(2)}`);
  }
  return decodeRecording(recordings.getBuffer(['Graz', 1], txn));
});

// The transaction has ended, and the record is replaced. The recording that was read in it still reads the old bytes.
recordings.put(['Graz', 1], encodeRecording({ station: 'moved', started: 0n, rate: 1, samples: [] }));
console.log(`kept: ${kept.station()}, ${kept.samplesLength()} samples, peak ${peak(kept.samplesArray()).toFixed(2)}`);
console.log(`bytes copied while reading: ${env.counters().bytesCopied}`);
env.close();
