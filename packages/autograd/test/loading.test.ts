/** @file Where code is loaded from: only the program's and the package's folders, never the current folder. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const source = fileURLToPath(new URL('../src', import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'chainrule-loading-')));
const made = (name: string): string => join(folder, name);

/** A koffi that says from where it was loaded, and then fails. */
function plant(at: string): string {
  const home = join(at, 'node_modules', 'koffi');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{"name":"koffi","version":"3.0.0","main":"index.js"}');
  writeFileSync(
    join(home, 'index.js'),
    `console.log('loaded ' + __filename); throw new Error('not for this machine');`,
  );
  return join(home, 'index.js');
}

/** A program that imports the package, in a folder of its own, and multiplies large matrices. */
function program(at: string, kind: 'mjs' | 'cjs'): string {
  mkdirSync(at, { recursive: true });
  const text =
    'const x = c.ones([512, 512]); x.matmul(x).dataSync(); console.log(JSON.stringify(c.blas()));';
  const file = join(at, `main.${kind}`);
  const entry = JSON.stringify(made(`package/chainrule.${kind}`));
  writeFileSync(
    file,
    kind === 'mjs'
      ? `import * as c from ${entry}; ${text}`
      : `const c = require(${entry}); ${text}`,
  );
  return file;
}

function run(args: readonly string[], cwd: string): string {
  const env = { ...process.env };
  delete env['CHAINRULE_BLAS'];
  delete env['NODE_PATH'];
  return execFileSync(process.execPath, args, { cwd, env, encoding: 'utf8', timeout: 25_000 });
}

beforeAll(async () => {
  for (const [kind, format] of [
    ['mjs', 'esm'],
    ['cjs', 'cjs'],
  ] as const) {
    await build({
      entryPoints: [join(source, 'index.ts')],
      outfile: made(`package/chainrule.${kind}`),
      bundle: true,
      platform: 'node',
      format,
      logLevel: 'error',
      external: ['fast-check'],
      supported: { 'import-meta': true },
    });
  }
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(['mjs', 'cjs'] as const)('koffi, by a program as .%s', (kind) => {
  const cwd = made(`elsewhere-${kind}`);
  plant(cwd);

  test('is not loaded from the present folder', () => {
    const file = program(made(`program-${kind}`), kind);
    expect(run([file], cwd)).not.toContain('loaded');
    expect(run([file], cwd)).toContain('koffi is not installed');
    // Without a file there is no place of a program.
    const text = `import(${JSON.stringify(made(`package/chainrule.${kind}`))}).then((c) => { c = c.default ?? c; const x = c.ones([512, 512]); x.matmul(x).dataSync(); })`;
    expect(run(['-e', text], cwd)).not.toContain('loaded');
    // What such a program is given is no place of one either.
    for (const given of [join(cwd, 'data.csv'), cwd]) {
      expect(run(['-e', text, given], cwd)).not.toContain('loaded');
      expect(run([`--eval=${text}`, given], cwd)).not.toContain('loaded');
      expect(run(['-pe', text, given], cwd)).not.toContain('loaded');
    }
  });

  test("is loaded from beside the program, also by the folder's name or a link", () => {
    const home = made(`with-${kind}`);
    const file = program(home, kind);
    const koffi = plant(home);
    expect(run([file], cwd)).toContain(`loaded ${koffi}`);
    expect(run([file], cwd)).toContain('cannot be loaded: not for this machine');
    writeFileSync(join(home, 'package.json'), JSON.stringify({ main: `main.${kind}` }));
    if (kind === 'cjs') expect(run([home], cwd)).toContain(`loaded ${koffi}`);
    const link = made(`link.${kind}`);
    symlinkSync(file, link);
    expect(run([link], cwd)).toContain(`loaded ${koffi}`);
  });

  test('is not loaded from beside a link to the program, unless Node.js is told to look there', () => {
    const file = program(made(`linked-${kind}`), kind);
    const link = join(cwd, `link.${kind}`);
    symlinkSync(file, link);
    expect(run([link], cwd)).toContain('koffi is not installed');
    const koffi = join(cwd, 'node_modules', 'koffi', 'index.js');
    expect(run(['--preserve-symlinks-main', link], cwd)).toContain(`loaded ${koffi}`);
  });

  test('is loaded from beside the package', () => {
    const home = made(`own-${kind}`);
    cpSync(made('package'), join(home, 'package'), { recursive: true });
    const koffi = plant(home);
    mkdirSync(made(`bare-${kind}`), { recursive: true });
    const file = join(made(`bare-${kind}`), `main.${kind}`);
    const entry = JSON.stringify(join(home, `package/chainrule.${kind}`));
    const load = kind === 'mjs' ? `import * as c from ${entry};` : `const c = require(${entry});`;
    writeFileSync(file, `${load} const x = c.ones([512, 512]); x.matmul(x).dataSync();`);
    expect(run([file], cwd)).toContain(`loaded ${koffi}`);
  });
});
