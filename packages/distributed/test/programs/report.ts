/** @file How a rank of a test job hands out what it found: launchers may mix what ranks print. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a result into the folder of the job. */
export function report(rank: number, result: unknown): void {
  const folder = process.env['RESULTS'];
  if (folder !== undefined) writeFileSync(join(folder, `${rank}.json`), JSON.stringify(result));
}
