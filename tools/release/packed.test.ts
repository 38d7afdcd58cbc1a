/**
 * @file The packages work when installed: the starter, copied out of the repository, and a user's model, in every module
 * format.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execute, install, pack } from './packed.js';

const starter = fileURLToPath(new URL('../../examples/starter', import.meta.url));
let folder = '';
let project = '';
let tarballs: Record<string, string> = {};
const create = fileURLToPath(
  new URL('../../packages/create-chainrule/create.mjs', import.meta.url),
);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'packed-'));
  project = join(folder, 'project');
  tarballs = pack(folder);
  install(starter, project, tarballs);
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The files of a project and its packages that a page loads by a script, except those that it passes to a worker. */
function loadedBy(script: string): string[] {
  const { metafile } = buildSync({
    entryPoints: [script],
    absWorkingDir: dirname(script),
    bundle: true,
    format: 'esm',
    metafile: true,
    write: false,
  });
  return Object.keys(metafile.inputs);
}

const lossesOf = (output: string): number[] =>
  [...output.matchAll(/loss (\S+)/g)].map(([, loss]) => Number(loss));

test('the starter: npm install, npm start', () => {
  const output = execute('npm', ['start', '--silent'], project);
  const losses = lossesOf(output);
  expect(losses.length).toBe(6);
  expect(losses.at(-1)).toBeLessThan(0.1 * (losses[0] as number));
  expect(Number(/accuracy (\S+)%/.exec(output)?.[1])).toBeGreaterThan(97);
}, 120_000);

describe('a model of the user', () => {
  const source = `
import { ChainruleError, tensor, type Tensor } from '@chainrule/autograd';
import { decodeSafetensors, encodeSafetensors } from '@chainrule/autograd/io';
import * as nn from '@chainrule/nn';
import { DataLoader } from '@chainrule/nn/data';
import { SGD } from '@chainrule/optim';

class Line extends nn.Module {
  slope = new nn.Parameter(tensor([0]));
  shift = new nn.Parameter(tensor([0]));
  forward(x: Tensor): Tensor {
    return x.mul(this.slope).add(this.shift);
  }
}
const model = new Line();
const optimizer = new SGD(model.parameters(), { lr: 0.2, momentum: 0.5 });
const points: { x: number; y: number }[] = [-1, 0, 1, 2].map((x) => ({ x, y: 3 * x - 2 }));
for (let epoch = 0; epoch < 100; epoch++) {
  for (const { x, y } of new DataLoader(points, { batchSize: 4 })) {
    optimizer.zeroGrad();
    model.forward(x).sub(y).square().mean().backward();
    optimizer.step();
  }
}
const saved = decodeSafetensors(encodeSafetensors(model.stateDict()));
let refused = false;
try {
  tensor([1, 2]).add(tensor([1, 2, 3]) as Tensor);
} catch (error) {
  refused = error instanceof ChainruleError;
}
console.log(JSON.stringify([saved['slope']?.item(), saved['shift']?.item(), refused]));
`;

  const options = {
    target: 'ES2022',
    lib: ['ES2022', 'DOM'],
    types: [],
    strict: true,
    skipLibCheck: false,
  };
  const formats = [
    ['ES modules, resolved as Node does', { type: 'module' }, { module: 'Node16', outDir: 'dist' }],
    ['CommonJS, resolved as Node does', { type: 'commonjs' }, { module: 'Node16', outDir: 'dist' }],
    [
      'ES modules, resolved as bundlers do',
      { type: 'module' },
      {
        module: 'ESNext',
        moduleResolution: 'Bundler',
        exactOptionalPropertyTypes: true,
        outDir: 'dist',
      },
    ],
  ] as const;

  test.each(formats)(
    'compiles and learns: %s',
    (name, manifest, compilerOptions) => {
      const place = join(project, name.replaceAll(/\W+/g, '-'));
      mkdirSync(place);
      writeFileSync(join(place, 'package.json'), JSON.stringify(manifest));
      writeFileSync(join(place, 'line.ts'), source);
      const config = { compilerOptions: { ...options, ...compilerOptions }, include: ['line.ts'] };
      writeFileSync(join(place, 'tsconfig.json'), JSON.stringify(config));
      execute('tsc', ['-p', place], place);
      const code = readFileSync(join(place, 'dist', 'line.js'), 'utf8');
      expect(/\brequire\(/.test(code)).toBe(manifest.type === 'commonjs');
      const [slope, shift, refused] = JSON.parse(
        execute('node', ['dist/line.js'], place),
      ) as unknown[];
      expect(slope).toBeCloseTo(3, 3);
      expect(shift).toBeCloseTo(-2, 3);
      expect(refused).toBe(true);
    },
    120_000,
  );

  test('a mistake in shapes is an error of the compiler', () => {
    const place = join(project, 'mistake');
    mkdirSync(place);
    const lines = [
      "import { zeros } from '@chainrule/autograd';",
      'zeros([32, 784]).matmul(zeros([128, 10]));',
    ];
    writeFileSync(join(place, 'mistake.ts'), lines.join('\n'));
    const config = { compilerOptions: { ...options, module: 'Node16', noEmit: true } };
    writeFileSync(join(place, 'tsconfig.json'), JSON.stringify(config));
    expect(() => execute('tsc', ['-p', place], place)).toThrow(/mistake\.ts\(2,\d+\).*784/s);
  }, 120_000);
});

describe('npm create chainrule', () => {
  test.each(['node', 'notebook', 'vite', 'worker'])(
    'the template %s, from the packed packages',
    (template) => {
      const [made, place] = [join(folder, `made-${template}`), join(folder, `${template}-project`)];
      execute('node', [create, made, '--template', template], folder);
      install(made, place, tarballs);
      if (template === 'node' || template === 'notebook') {
        const output = execute('npm', ['start', '--silent'], place);
        if (template === 'node') expect(lossesOf(output).at(-1)).toBeLessThan(0.2);
        else expect(output).toMatch(/slope (2\.0|1\.9)\d offset 0\.[45]\d/);
      } else {
        execute('tsc', ['--noEmit'], place);
        const config = readFileSync(join(place, 'vite.config.ts'), 'utf8');
        expect(config).toContain('Cross-Origin-Opener-Policy');
        if (template === 'worker') expect(loadedBy(join(place, 'main.ts'))).toEqual(['main.ts']);
      }
      expect(existsSync(join(place, '.gitignore'))).toBe(true);
    },
    120_000,
  );

  test('says what is wrong', () => {
    const refuse =
      (...args: string[]): (() => string) =>
      () =>
        execute('node', [create, ...args], folder);
    expect(refuse()).toThrow(/Give the folder/);
    expect(refuse('other', '--template', 'nod')).toThrow(
      /no template "nod"; choose node, notebook/,
    );
    expect(refuse('staged')).toThrow(/not empty/);
    writeFileSync(join(folder, 'a file'), '');
    expect(refuse('a file')).toThrow(/is a file/);
  });

  test('quotes a folder whose name has spaces', () => {
    expect(execute('node', [create, 'two words'], folder)).toContain('cd "two words"');
  });
});
