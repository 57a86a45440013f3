import { type GenerateOptions, generateTrace } from '../../cache/generator/generate-trace.ts';
import { encodeTrace } from '../../cache/trace/encode-trace.ts';
import { Pace } from '../../transfer/io/progress.ts';
import { Target } from '../../transfer/io/target.ts';
import { asUsage, DONE } from '../failure.ts';
import { interruptible } from '../interrupt.ts';
import { Output } from '../output.ts';
import { progressLine } from '../progress-line.ts';

export type GenerateCommandOptions = GenerateOptions;

/** `leasehold cache trace generate`. The file gets its name when it is whole. */
export async function generateCommand(path: string, options: GenerateCommandOptions): Promise<number> {
  const batches = generateTrace(options);
  // The options are checked with the first batch.
  const first = asUsage(() => batches.next());
  const bar = progressLine();
  try {
    const { records, bytes } = await interruptible(async (signal) => {
      const target = await Target.open(path === '-' ? process.stdout : path, signal, undefined);
      const pace = new Pace(bar.onProgress, undefined);
      let records = 0;
      try {
        for (const block of encodeTrace(joined(first, batches))) {
          records += block.records;
          await target.write(block.bytes);
          await pace.step(records, target.bytes);
        }
        await target.finish();
      } finally {
        await target.close();
      }
      return { records, bytes: target.bytes };
    });
    bar.stop();
    if (path !== '-') await show(records, bytes);
    return DONE;
  } finally {
    bar.stop();
  }
}

function* joined<T>(first: IteratorResult<T>, others: Iterable<T>): Generator<T> {
  if (first.done !== true) yield first.value;
  yield* others;
}

async function show(records: number, bytes: number): Promise<void> {
  const output = new Output();
  if (output.isTerminal) output.line(`${records.toLocaleString('en')} records in ${bytes.toLocaleString('en')} bytes`);
  else output.json({ records, bytes });
  await output.flush();
}
