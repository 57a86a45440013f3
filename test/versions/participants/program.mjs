// A process with several participants: some in its main thread, the others in a worker. Its arguments are JSON: see participants.ts.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Participant } from './participant.mjs';

const given = JSON.parse(process.argv[2]);
const lib = await import(given.library);

/** The Mulberry32 generator, as in test/versions/random.ts. */
function randomOf(seed) {
  let state = seed | 0;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) % n;
  };
}

async function takePart(numbers, onStep) {
  const all = numbers.map((number) => {
    const random = randomOf(given.seed * 31 + number);
    return new Participant({ ...given, lib, name: `${given.name}-${number}`, random, onStep });
  });
  await Promise.all(all.map((participant) => participant.run()));
}

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { argv: [process.argv[2]], workerData: [3, 4] });
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  worker.on('message', (step) => {
    if (step === given.terminatesAt) worker.terminate();
  });
  await takePart([1, 2], (step) => process.stdout.write(`${step}\n`));
  await exited;
} else {
  await takePart(workerData, (step) => parentPort.postMessage(step));
}
