/** @file The command line: the files that it writes, its messages, and that a failure leaves no files behind. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tensor, zeros, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { importOnnx } from '../../src/index.js';
import { main } from '../../src/cli/main.js';

const folder = mkdtempSync(join(tmpdir(), 'chainrule-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const printed: string[] = [];
const refused: string[] = [];
beforeEach(() => {
  printed.length = refused.length = 0;
  vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void refused.push(line));
});
afterEach(() => vi.restoreAllMocks());

// The user's file is loaded by Node, which knows no TypeScript: it takes what is to be exported from here.
const model = new nn.Linear(3, 2);
const shared = globalThis as unknown as Record<string, unknown>;
shared['chainruleWanted'] = {
  f: (x: Tensor) => model.forward(x),
  args: [zeros([1, 3])],
  modules: model,
  names: ['x'],
};
shared['chainruleModel'] = { f: model, args: [zeros([2, 3])], modules: model };
shared['chainruleReads'] = { f: (x: Tensor) => x.sum().item(), args: [zeros([3])] };
const file = join(folder, 'net.export.mjs');
writeFileSync(
  file,
  'export default globalThis.chainruleWanted;\nexport const reads = globalThis.chainruleReads;\nexport const empty = {};\n' +
    'export const both = { ...globalThis.chainruleModel, names: { inputs: ["image"], outputs: ["y"] } };\n' +
    'export const model = globalThis.chainruleModel;\nexport const nothing = null;\n' +
    'export const more = { ...model, wights: 1 };\nexport const list = { ...model, args: model.args[0] };\n',
);
// Without it the next one up says what a .js file is.
const own = ['net.export.mjs', 'package.json'];
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
const files = (): string[] =>
  readdirSync(folder)
    .filter((name) => !own.includes(name))
    .sort();
const clear = (): void => files().forEach((name) => rmSync(join(folder, name)));

describe('chainrule export', () => {
  afterEach(clear);

  it('writes ONNX with weights in fewer bits', async () => {
    const size = async (...more: string[]): Promise<number> => {
      expect(await main(['export', 'onnx', file, ...more])).toBe(0);
      return readFileSync(join(folder, 'net.onnx')).length;
    };
    const full = await size();
    expect(await size('--weights', 'float16')).not.toBe(full);
    expect(await main(['export', 'module', file, '--weights', 'float16'])).toBe(1);
    expect(refused.join()).toMatch(/weights/);
  });

  it('writes ONNX', async () => {
    expect(await main(['export', 'onnx', file])).toBe(0);
    expect(files()).toEqual(['net.onnx']);
    expect(printed[0]).toMatch(/net\.onnx {2}\d+ bytes/);
    expect(importOnnx(readFileSync(join(folder, 'net.onnx'))).inputs).toHaveLength(1);
  });

  it('takes file: URLs as paths, and says of others that they are none', async () => {
    const url = (path: string): string => pathToFileURL(path).href;
    const out = join(folder, 'by url');
    expect(await main(['export', 'onnx', url(file), '--out', url(out)])).toBe(0);
    expect(files()).toEqual(['by url.onnx']);
    for (const given of ['https://example.org/net.js', 'file://elsewhere/net.js'])
      expect(await main(['export', 'onnx', given])).toBe(2);
    expect(refused.join('\n')).toMatch(
      /FILE: expected a path or a file: URL of this machine, got https:\/\/example.org\/net.js/,
    );
    expect(await main(['run', 'file:///no/such/program.js'])).toBe(2);
    expect(refused.join('\n')).toContain('there is no file /no/such/program.js');
  });

  it('takes names of inputs and outputs for each target', async () => {
    for (const target of ['onnx', 'module', 'stablehlo'])
      expect(await main(['export', target, file, '--export', 'both'])).toBe(0);
    expect(readFileSync(join(folder, 'net.d.ts'), 'utf8')).toContain('predict(image: Numbers)');
    const [{ name } = { name: '' }] = importOnnx(readFileSync(join(folder, 'net.onnx'))).outputs;
    expect(name).toBe('y');
  });

  it('writes programs for XLA', async () => {
    expect(
      await main(['export', 'stablehlo', file, '--out', join(folder, 'step'), '--replicas=2']),
    ).toBe(0);
    expect(files()).toEqual(['run.py', 'step.json', 'step.mlir', 'step.safetensors']);
    const map = JSON.parse(readFileSync(join(folder, 'step.json'), 'utf8')) as {
      replicas: number;
      writtenBy: string;
    };
    expect(map.replicas).toBe(2);
    expect(map.writtenBy).toMatch(/^chainrule \d/);
  });

  it('writes modules', async () => {
    expect(
      await main([
        'export',
        'module',
        file,
        '--weights',
        'file',
        '--wasm',
        'file',
        '--batch',
        '4',
        '--function',
        'run',
      ]),
    ).toBe(0);
    expect(files()).toEqual(['net.d.ts', 'net.js', 'net.safetensors', 'net.wasm']);
    expect(readFileSync(join(folder, 'net.js'), 'utf8')).toContain('export { function0 as run };');
  });

  it('takes models as they are, for every target', async () => {
    for (const target of ['onnx', 'stablehlo', 'module'])
      expect(await main(['export', target, file, '--export', 'model'])).toBe(0);
    expect(files()).toContain('net.mlir');
    expect(readFileSync(join(folder, 'net.js'), 'utf8')).toContain('"name":"weight"');
  });

  it('takes ONNX files, and the ending that is given', async () => {
    const out = join(folder, 'net.onnx');
    expect(await main(['export', 'onnx', file, '--out', out, '--external-data'])).toBe(0);
    expect(files()).toEqual(['net.onnx']); // small weights stay in the model
    const made = join(folder, 'again.mjs');
    expect(await main(['export', 'module', out, '--out', made])).toBe(0);
    expect(files()).toEqual(['again.d.mts', 'again.mjs', 'net.onnx']);
    expect(await main(['export', 'onnx', out])).toBe(1);
    expect(refused.join('\n')).toMatch(/net\.onnx would be overwritten: give --out/);
    const { predict } = (await import(/* @vite-ignore */ pathToFileURL(made).href)) as {
      predict: (x: number[]) => { data: Float32Array };
    };
    const want = model.forward(tensor([[1, 2, 3]])).toArray();
    expect([...predict([1, 2, 3]).data]).toEqual(want[0]);
  });

  it('writes what Node takes for an ES module', async () => {
    const js = join(folder, 'net.js');
    writeFileSync(join(folder, 'package.json'), '{ "name": "older" }');
    try {
      expect(await main(['export', 'module', file])).toBe(0);
      expect(files()).toEqual(['net.d.mts', 'net.mjs']);
      expect(refused).toEqual([]);
      clear();
      expect(await main(['export', 'module', file, '--out', js])).toBe(0);
      expect(files()).toEqual(['net.d.ts', 'net.js']);
      expect(refused.join()).toMatch(/treats .*net\.js as CommonJS, as the nearest package\.json/);
    } finally {
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    }
  });

  it('has one size where none is given for the batch', async () => {
    expect(await main(['export', 'module', file, '--export', 'model', '--batch', 'none'])).toBe(0);
    expect(readFileSync(join(folder, 'net.js'), 'utf8')).toContain('"fixed":1');
  });

  it.each([
    [
      ['export', 'onnx', file, '--export', 'reads'],
      1,
      /values cannot be read inside a function that exportOnnx records/,
    ],
    [['export', 'module', file, '--export', 'empty'], 1, /the export empty must be \{ f, args \}/],
    [['export', 'module', file, '--export', 'none'], 1, /has no export none; there are default, /],
    [['export', 'onnx', file, '--export', 'reads'], 1, /\n {2}at .*cli\.test\.ts:\d+:\d+$/],
    [['export', 'module', join(folder, 'missing.mjs')], 1, /there is no file .*missing\.mjs/],
    [
      ['export', 'module', folder],
      1,
      /chainrule-cli-\w+ is a folder: expected a JavaScript module/,
    ],
    [
      ['export', 'module', file, '--out', join(file, 'inside')],
      1,
      /cannot write .*net\.export\.mjs: there is a file of that name where a folder is needed/,
    ],
    [['export', 'onnx', file, '--export', 'nothing'], 1, /the export nothing must be .*; got null/],
    [['export', 'onnx', file, '--export', 'list'], 1, /must be \{ f, args \}.*; args is/],
    [['export', 'onnx', file, '--export', 'more'], 1, /does not take 'wights'; it takes f, args/],
    [['export', 'module', file, '--function', 'class'], 1, /'class' cannot be the name/],
    [['export', 'module', file, '--help=yes'], 2, /--help takes no value, got yes/],
    [['export', 'module', file, '--out='], 2, /--out needs a value/],
    [['export', 'module', '--', '--file'], 1, /there is no file --file/],
    [['export', 'module', file, '--replicas', '2'], 2, /--replicas is not an option of module/],
    [
      ['export', 'module', file, '--batch', '0'],
      2,
      /--batch: expected a whole number from 1, got 0/,
    ],
    [
      ['export', 'module', file, '--weights', 'here'],
      2,
      /--weights: expected inline or file or .*, got here/,
    ],
    [['export', 'module', file, '--what'], 2, /unknown option --what/],
    [['export', 'module', file, 'more'], 2, /unexpected argument: more/],
    [['export', 'module', file, '--out'], 2, /--out needs a value/],
    [['export', 'wasm', file], 2, /expected a target, onnx, stablehlo, module; got wasm/],
    [['export', 'constructor', file], 2, /expected a target, .*; got constructor/],
    [['export', 'module'], 2, /expected a module file/],
    [['exprot'], 2, /unknown command exprot/],
    [[], 2, /no command/],
  ] as const)('refuses %j and writes nothing', async (argv, code, message) => {
    expect(await main(argv)).toBe(code);
    expect(refused.join('\n')).toMatch(message);
    expect(files()).toEqual([]);
  });

  it('leaves no partial files', async () => {
    const { writeAll } = await import('../../src/cli/files.js');
    writeFileSync(join(folder, 'old'), 'old');
    const all = new Map([
      [join(folder, 'old'), 'new'],
      [join(folder, 'old', 'inside'), 'no folder'],
    ]);
    await expect(writeAll(all)).rejects.toThrow();
    expect(files()).toEqual(['old']);
    expect(readFileSync(join(folder, 'old'), 'utf8')).toBe('old');
  });

  it.each([
    ['export default throw;', /\.broken\.mjs could not be loaded: /],
    [
      '\nthrow new Error("no weights");',
      /\.broken\.mjs could not be loaded: Error: no weights\n {2}at .*broken\.mjs:2:7/,
    ],
    ['import "./nowhere.mjs"', /\.broken\.mjs could not be loaded: .*nowhere\.mjs/],
  ])('says where a file is broken: %j', async (content, message) => {
    const broken = join(folder, `${content.length}.broken.mjs`); // A module is loaded once.
    writeFileSync(broken, content);
    expect(await main(['export', 'onnx', broken])).toBe(1);
    expect(refused.join('\n')).toMatch(message);
  });

  it('writes into a folder, which it makes', async () => {
    expect(await main(['export', 'onnx', file, '--out', join(folder, 'a', 'b') + '/'])).toBe(0);
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['net.onnx']);
    mkdirSync(join(folder, 'a', 'net.js'));
    expect(await main(['export', 'module', file, '--out', join(folder, 'a', 'net')])).toBe(1);
    expect(refused.join('\n')).toMatch(/cannot write '.*net\.js': it is a folder/);
    expect(readdirSync(join(folder, 'a')).sort()).toEqual(['b', 'net.js']);
    rmSync(join(folder, 'a'), { recursive: true });
  });

  it('has help and a version', async () => {
    for (const argv of [['--help'], ['export', '--help']]) expect(await main(argv)).toBe(0);
    expect(printed[0]).toContain('Usage: chainrule COMMAND');
    expect(printed[1]).toContain('Usage: chainrule export TARGET FILE');
    expect(await main(['--version'])).toBe(0);
    expect(printed[2]).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
