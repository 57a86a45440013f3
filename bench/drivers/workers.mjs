// leasehold in worker threads: the same scans by one worker or shared by two. Each worker has a handle of its own on the
// environment; the main thread waits and does nothing else.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { measureInNode } from '../harness/child.mjs';
import { datasetFolder } from '../harness/dataset.mjs';
import { bytes, open as openEnvironment } from '../harness/leasehold.mjs';
import { format, prepare } from './c.mjs';

export { format, prepare };

export const command = measureInNode;

export async function open(dataset, operations) {
  const scans = operations / dataset.entries;
  const folder = datasetFolder(dataset, format);
  const workers = await Promise.all([start(folder), start(folder)]);

  async function shared(threads) {
    const sums = await Promise.all(workers.slice(0, threads).map((worker) => scan(worker, scans / threads)));
    return sums.reduce((sum, each) => sum + each, 0);
  }

  const workloads = { 'two-workers': { one: () => shared(1), two: () => shared(2) } };
  return { workloads, close: () => Promise.all(workers.map((worker) => worker.terminate())) };
}

function start(folder) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { folder } });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', () => resolve(worker));
  });
}

function scan(worker, scans) {
  return new Promise((resolve) => {
    worker.once('message', resolve);
    worker.postMessage(scans);
  });
}

function work({ folder }) {
  const env = openEnvironment(folder, { readOnly: true });
  const collection = env.collection('entries', { key: bytes, value: bytes });
  const txn = env.read();
  parentPort.on('message', (scans) => {
    let sum = 0;
    for (let i = 0; i < scans; i++) {
      for (const { key, value } of collection.range({}, txn)) sum += key.byteAt(0) + value.byteAt(0);
    }
    parentPort.postMessage(sum);
  });
  parentPort.postMessage('ready');
}

if (!isMainThread) work(workerData);
