import { cpus, loadavg, platform, release, totalmem } from 'node:os';
import process from 'node:process';

export function machine() {
  return {
    cpu: cpus()[0]?.model.trim(),
    cores: cpus().length,
    memory: totalmem(),
    system: `${platform()} ${release()}`,
    node: process.version,
    v8: process.versions.v8,
  };
}

/** Processes that wanted to run during the last minute, on average; 0 where the system does not say. */
export function load() {
  return loadavg()[0];
}
