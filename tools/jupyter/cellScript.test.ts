import { constants, Script } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { cellScript } from './cellScript.js';

/** Runs cells one after another, and returns the value of the last. */
async function run(...cells: string[]): Promise<unknown> {
  let value: unknown;
  for (const cell of cells) {
    const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
    value = await new Script(cellScript(cell), { importModuleDynamically }).runInThisContext();
  }
  return value;
}

const before = new Set(Object.getOwnPropertyNames(globalThis));
afterEach(() => {
  for (const name of Object.getOwnPropertyNames(globalThis))
    if (!before.has(name)) Reflect.deleteProperty(globalThis, name);
});

describe('cells of a notebook', () => {
  it('have the value of their last expression, and none after a declaration', async () => {
    expect(await run('1 + 1')).toBe(2);
    expect(await run('const one = 1; // one')).toBeUndefined();
    expect(await run('// the answer\n42 satisfies number; ')).toBe(42);
  });

  it('see what cells before them declared', async () => {
    const value = await run(
      'const [a, { b: [c = 3], ...rest }] = [1, { b: [], d: 4, e: 5 }] as const;',
      'function twice(x: number): number { return 2 * x; }\nclass Box { content = 7; }',
      '[a, c, rest, twice(4), new Box().content]',
    );
    expect(value).toEqual([1, 3, { d: 4, e: 5 }, 8, 7]);
  });

  it('share variables: an assignment is seen by the functions of their first cell', async () => {
    const value = await run('let x = 1; const read = () => x;', 'x += 1;', '[x, read()]');
    expect(value).toEqual([2, 2]);
    await expect(run('const y = 1;', 'y = 2;')).rejects.toThrow(TypeError);
  });

  it('may be run again, and wait for promises', async () => {
    const cell = 'const later = await Promise.resolve(3);';
    expect(await run(cell, cell, 'later')).toBe(3);
  });

  it('import values, renamed and whole, and no types', async () => {
    const value = await run(
      "import path, { basename as last, type ParsedPath } from 'node:path';\nimport type { Stats } from 'node:fs';\nimport * as os from 'node:os';",
      "const parsed: ParsedPath = path.parse('a/b.c'); [last('a/b'), parsed.name, typeof os.cpus]",
    );
    expect(value).toEqual(['b', 'b', 'function']);
  });

  it('tell what is wrong', async () => {
    await expect(run('const = 1')).rejects.toThrow(SyntaxError);
    await expect(run('missing.length')).rejects.toThrow('missing is not defined');
  });
});
