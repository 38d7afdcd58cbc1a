/** @file Exported files name the version of the package that wrote them. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { version } from '@chainrule/export';

test('the version is that of package.json', () => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  expect(version).toBe((JSON.parse(text) as { version: string }).version);
});
