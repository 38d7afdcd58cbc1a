/** @file How a rank of a test job reports its results, as launchers may interleave the output of ranks. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a result into the folder of the job. */
export function report(rank: number, result: unknown): void {
  const folder = process.env['RESULTS'];
  if (folder !== undefined) writeFileSync(join(folder, `${rank}.json`), JSON.stringify(result));
}
