import { type KeepingStatements, keepingStatements } from './keeping-statements.ts';
import { type ReadingStatements, readingStatements } from './reading-statements.ts';
import type { Statement } from './statement.ts';
import { type WritingStatements, writingStatements } from './writing-statements.ts';

/** The statements of an engine, for one schema. */
export interface Statements extends ReadingStatements, WritingStatements, KeepingStatements {}

/** PostgreSQL cuts longer names. */
const MOST_NAME_LENGTH = 63;

/** `schema`: quoted. */
export function statementsOf(schema: string): Statements {
  let count = 0;
  const named = (text: string): Statement => ({
    name: `leasehold ${++count} ${schema}`.slice(0, MOST_NAME_LENGTH),
    text,
  });
  return {
    ...readingStatements(schema, named),
    ...writingStatements(schema, named),
    ...keepingStatements(schema, named),
  };
}
