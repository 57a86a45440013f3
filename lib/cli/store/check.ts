import { withoutPassword } from '../../base/address-text.ts';
import { checkPostgres } from '../../postgres/connect-postgres.ts';
import { isPostgresAddress } from '../../postgres/connection/postgres-address.ts';
import { asUsageLater, DONE, Failure, NEGATIVE, USAGE } from '../failure.ts';
import { Output } from '../output.ts';

/** `leasehold store check` */
export async function checkCommand(address: string): Promise<number> {
  if (!isPostgresAddress(address)) {
    throw new Failure(
      USAGE,
      `'${withoutPassword(address)}' is no address of PostgreSQL: for a folder, there is leasehold verify`,
    );
  }
  const found = await asUsageLater(() => checkPostgres(address));
  const { problems, warnings, commits, records, oldStates } = found;
  const output = new Output();
  if (!output.isTerminal) output.json(found);
  else {
    for (const problem of problems) output.line(problem);
    for (const warning of warnings) output.line(`warning: ${warning}`);
    output.line(`${commits} commits, ${records} records, ${oldStates} overwritten states that are kept`);
    if (problems.length === 0) output.line('no mistakes');
  }
  await output.flush();
  return problems.length === 0 ? DONE : NEGATIVE;
}
