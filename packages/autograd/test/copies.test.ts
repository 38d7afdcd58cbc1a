/** @file Two copies of the packages in one program: never a zero gradient, but an error with its cause and the remedy. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VERSION } from '../src/graph/copy.js';
import { grad, tensor, type Tensor } from '../src/index.js';

const packages = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'chainrule-copies-'));

/** Each with its own copy of autograd, as nested versions under node_modules have. */
beforeAll(async () => {
  for (const [name, version, minify] of [
    ['one', VERSION, false],
    ['two', '9.9.9', true],
  ] as const) {
    const contents = `export * from '@chainrule/autograd'; export * as nn from '@chainrule/nn'; export * as optim from '@chainrule/optim';`;
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: packages, loader: 'ts' },
      alias: Object.fromEntries(
        ['autograd', 'nn', 'optim'].map((p) => [
          `@chainrule/${p}`,
          join(packages, p, 'src', 'index.ts'),
        ]),
      ),
      bundle: true,
      platform: 'node',
      format: 'cjs',
      minify,
      write: false,
      logLevel: 'error',
    });
    writeFileSync(
      join(folder, `${name}.cjs`),
      (outputFiles[0]?.text ?? '').replaceAll(`"${VERSION}"`, `"${version}"`),
    );
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What `script` prints, in a program with the copies `a` and `b`. */
function run(script: string): string {
  const file = join(folder, 'main.cjs');
  writeFileSync(file, `const a = require('./one.cjs'), b = require('./two.cjs');\n${script}`);
  return execFileSync(process.execPath, [file], { encoding: 'utf8', timeout: 25_000 }).trim();
}

describe('of two copies, at their first meeting', () => {
  test.each(
    Object.entries({
      'an operation': 'a.tensor([1]).add(b.tensor([2]))',
      'a function': 'a.matmul(b.ones([2, 2]), a.ones([2, 2]))',
      'a gradient function': 'a.grad((x) => b.sum(x))(a.tensor([1]))',
      'a loss that does not depend on the argument': 'a.grad((x) => b.tensor(1))(a.tensor([1]))',
      'an argument of grad': 'a.grad((x) => x.sum())(b.tensor([1]))',
      vmap: 'a.vmap((x) => x)(b.ones([2]))',
      'a layer': 'new a.nn.Linear(2, 2).forward(b.ones([1, 2]))',
      'a parameter in a module':
        'class N extends a.nn.Module { w = new b.Parameter(b.ones([2])); forward() {} }; new N().parameters()',
      'a module in a module': 'new a.nn.Sequential(new b.nn.Linear(2, 2)).parameters()',
      'an optimizer': 'new a.optim.SGD([new b.Parameter(b.ones([2]))], { lr: 1 })',
      'a cell': 'new a.Parameter(a.ones([2])).assign(b.ones([2]))',
    }),
  )('%s names cause, versions and remedy', (_, call) => {
    const message = run(
      `try { const x = (() => { ${call.includes('class') ? call.replace('new N()', 'return new N()') : `return ${call}`} })(); console.log('no error', x && x.toArray ? x.toArray() : x); } catch (e) { console.log(e.name + ' | ' + (e instanceof a.ChainruleError) + ' | ' + e.message); }`,
    );
    expect(message).toMatch(
      /^ChainruleError \| true \| @chainrule\/(autograd|nn) is in this program twice/,
    );
    expect(message).toContain('9.9.9');
    expect(message).toContain(VERSION);
    expect(message).toContain('two.cjs');
    expect(message).toMatch(/npm ls @chainrule\/(autograd|nn).*npm dedupe/);
  });

  test('each goes on for itself, and errors are known to both', () => {
    expect(
      run(`
      const of = (c) => c.grad((x) => x.square().sum())(c.tensor([1, 2])).toArray().join();
      let known = '';
      try { b.ones([2]).reshape([3]); } catch (e) { known = [e instanceof a.ShapeError, e instanceof a.DTypeError, e.name].join(); }
      console.log(of(a), of(b), known);`),
    ).toBe('2,4 2,4 true,false,ShapeError');
  });
});

test('the version is that of package.json', async () => {
  const of = (name: string): unknown =>
    (JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as { version: string })
      .version;
  expect(VERSION).toBe(of('autograd'));
  const nn = (await import('../../nn/src/copy.js')) as { VERSION: string };
  expect(nn.VERSION).toBe(of('nn'));
});

test('the first condition of every entry is the one that bundlers take for import and require alike', () => {
  for (const name of ['autograd', 'nn', 'optim']) {
    const { exports } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as {
      exports: Record<string, string | Record<string, unknown>>;
    };
    for (const entry of Object.values(exports)) {
      if (typeof entry === 'string') continue;
      expect(Object.keys(entry)).toEqual(['module', 'module-sync', 'import', 'require']);
      // An entry with namespaces has a file beside it for bundlers, which exports the same modules.
      const forBundlers = (entry['module'] as string).replace('.module.js', '.js');
      expect(forBundlers).toBe((entry['import'] as { default: string }).default);
    }
  }
});

test('a bundler that answers `typeof __filename` and leaves the name undefined, as webpack does, breaks nothing', async () => {
  const contents = `import { ones } from '@chainrule/autograd';
    import { Linear } from '@chainrule/nn';
    import { findKoffi } from './distributed/src/mpi/koffi.js';
    console.log(typeof findKoffi(), new Linear(1, 1).forward(ones([1, 1])).size);`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: packages, loader: 'ts' },
    alias: {
      '@chainrule/autograd': join(packages, 'autograd', 'src', 'index.ts'),
      '@chainrule/nn': join(packages, 'nn', 'src', 'index.ts'),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    define: { 'import.meta.url': '"file:///where/it/was/built.js"' },
    write: false,
    logLevel: 'error',
  });
  const answered = (outputFiles[0]?.text ?? '').replaceAll('typeof __filename', '"string"');
  for (const [name, before] of [
    ['page.mjs', ''],
    ['webpack.mjs', 'const __webpack_require__ = () => undefined;\n'],
  ] as const) {
    writeFileSync(join(folder, name), before + answered);
    const printed = execFileSync(process.execPath, [join(folder, name)], {
      encoding: 'utf8',
      env: { ...process.env, NODE_PATH: '' },
    });
    expect(printed).toMatch(/^(string|object) 1\n$/);
  }
});

test('a tensor or a module behind the proxy of a reactive store is not a copy, and says so', () => {
  const reactive = <T extends object>(x: T): T =>
    new Proxy(x, {
      get: (target, key, receiver) => {
        const value: unknown = Reflect.get(target, key, receiver);
        return typeof value === 'object' && value !== null ? reactive(value) : value;
      },
    });
  const message = /^a (tensor|module) is behind a proxy, .*markRaw/;
  expect(() => reactive(tensor([1, 2])).mul(2)).toThrow(message);
  expect(() => tensor([1, 2]).add(reactive(tensor([1, 2])))).toThrow(message);
  expect(() => grad((x: Tensor) => x.sum())(reactive(tensor([1, 2])))).toThrow(message);
});
