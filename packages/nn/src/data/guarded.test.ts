import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError } from '@chainrule/autograd';
import { afterAll, expect, test } from 'vitest';
import { guarded } from './guarded.js';

const folder = mkdtempSync(join(tmpdir(), 'guarded-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a reader that never ends, takes all memory, fails or ends its thread is a FormatError', async () => {
  const path = join(folder, 'reader.cjs');
  writeFileSync(
    path,
    `exports.twice = (x) => 2 * x;
     exports.loop = () => { for (;;); };
     exports.fill = () => { for (const all = []; ; ) all.push(new Array(1e4).fill(all.length)); };
     exports.fail = () => { throw new Error('no such column'); };
     exports.leave = () => process.exit(3);`,
  );
  const read = (name: string, seconds = 30): Promise<{ readonly value: number } | null> =>
    guarded<number>('read', path, name, 21, { seconds, mebibytes: 32 });
  expect(await read('twice')).toEqual({ value: 42 });
  await expect(read('loop', 0.3)).rejects.toThrow(/^read: reading took more than 0\.3 s/);
  await expect(read('fill')).rejects.toThrow(/more than 32 MiB of memory/);
  await expect(read('fail')).rejects.toThrow(new FormatError('read: no such column'));
  await expect(read('leave')).rejects.toThrow(FormatError);
});
