import { buildProgram } from '../harness/c-program.mjs';
import { cacheFolder } from '../harness/paths.mjs';

let program;

export async function prepare() {
  program = await buildProgram('c-put');
}

export function command({ workload, form, operations, warmUps, passes }) {
  return [program, [cacheFolder, workload, form, operations, warmUps, passes]];
}
