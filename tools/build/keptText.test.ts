/** @file What is made of sources is made once, and again as soon as it could be another. */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { keptText } from './keptText.mjs';

const folder = mkdtempSync(join(tmpdir(), 'chainrule-kept-'));
afterAll(() => rmSync(folder, { recursive: true }));
const sources = join(folder, 'sources');
const kept = join(folder, 'kept', 'text');
const put = (name: string, text: string): void => writeFileSync(join(sources, name), text);

test('a text is made again for other sources, names or tools, and for no other reason', async () => {
  let made = 0;
  const ask = (tool = '1'): Promise<string> =>
    keptText(kept, [tool], [sources], () => Promise.resolve(`text ${++made}\nof two lines`));
  mkdirSync(join(sources, 'below'), { recursive: true });
  put('a', 'one');
  put('below/b', 'two');
  expect(await ask()).toBe('text 1\nof two lines');
  expect(await ask()).toBe('text 1\nof two lines');
  put('below/b', 'three');
  expect(await ask()).toBe('text 2\nof two lines');
  renameSync(join(sources, 'a'), join(sources, 'c'));
  await ask();
  expect(made).toBe(3);
  await ask('2');
  expect(made).toBe(4);
  writeFileSync(kept, 'cut off');
  await ask('2');
  await ask('2');
  expect(made).toBe(5);
  expect(readdirSync(join(folder, 'kept'))).toEqual(['text']);
});
