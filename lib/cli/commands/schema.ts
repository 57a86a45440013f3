import { inferSchema } from '../../transfer/transfer.ts';
import { openCollection, withDatabase } from '../database.ts';
import { DONE, Failure, NEGATIVE } from '../failure.ts';
import { interruptible } from '../interrupt.ts';
import { Output } from '../output.ts';
import { type ReadingOptions, readingOf, type SampleOptions, sampleOf } from '../reading.ts';
import { schemaText } from '../schema-file.ts';

/** `leasehold schema`: prints the schema of a collection, or if none is named, of the records of a file. */
export function schema(
  source: string,
  name: string | undefined,
  given: ReadingOptions & SampleOptions,
): Promise<number> {
  return name === undefined ? ofFile(source, given) : ofCollection(source, name);
}

function ofCollection(path: string, name: string): Promise<number> {
  return withDatabase(path, 'read', async (env) => {
    const { schema, value } = openCollection(env, name);
    if (schema === undefined) {
      throw new Failure(NEGATIVE, `the values of '${name}' have no schema: their codec is ${value.name}`);
    }
    await print(schemaText(schema));
    return DONE;
  });
}

function ofFile(path: string, given: ReadingOptions & SampleOptions): Promise<number> {
  const isInput = path === '-' || path === '/dev/stdin';
  const options = { ...readingOf(given, isInput ? undefined : path), ...sampleOf(given) };
  return interruptible(async (signal) => {
    try {
      const inferred = await inferSchema(isInput ? process.stdin : path, { ...options, signal });
      await print(schemaText(inferred.schema.description));
      return DONE;
    } finally {
      // Input that nobody reads would keep the process alive.
      if (isInput) process.stdin.destroy();
    }
  });
}

async function print(text: string): Promise<void> {
  const output = new Output();
  output.line(text);
  await output.flush();
}
