import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChainruleError, FormatError } from '@chainrule/autograd';
import { afterAll, expect, test } from 'vitest';
import { guarded } from './guarded.js';
import { optional } from './optional.js';

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

test('a package that is there and does not load is not said to be missing', async () => {
  const broken = join(folder, 'broken.cjs');
  writeFileSync(broken, "throw new Error('this build is for another machine');");
  const told = `read: the package ${broken} is installed, but cannot be loaded: this build is for another machine`;
  await expect(optional('read', broken)).rejects.toThrow(new ChainruleError(told));
  const limits = { seconds: 30, mebibytes: 32 };
  await expect(guarded('read', broken, 'f', 1, limits)).rejects.toThrow(new ChainruleError(told));
  const needy = join(folder, 'needy.mjs');
  writeFileSync(needy, "import 'what-it-needs';");
  await expect(optional('read', needy)).rejects.toThrow(/cannot be loaded: .*what-it-needs/);
  await expect(optional('read', 'no-such-package-at-all')).rejects.toThrow(
    /is not installed: npm install/,
  );
});
