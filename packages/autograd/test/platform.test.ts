/**
 * @file How the package behaves if something is missing or fails: without WebAssembly, SIMD or shared memory, in a worker
 * thread, when a worker dies, when memory runs out. Each case runs in its own process, from one bundle.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const source = fileURLToPath(new URL('../src', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'chainrule-platform-'));
const bundle = join(folder, 'chainrule.cjs');

beforeAll(async () => {
  const options = { bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' } as const;
  const contents = `export * from './index.ts'; export { engine } from './engine/engine.ts';`;
  await build({ ...options, stdin: { contents, resolveDir: source }, outfile: bundle });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script in a process that has `c`, the package, after `before`; gives what it prints, parsed. */
function run(
  script: string,
  {
    before = '',
    env = {},
    node = process.execPath,
    flags = [],
  }: Partial<Record<'before' | 'node', string>> & {
    env?: Record<string, string>;
    flags?: readonly string[];
  } = {},
): unknown {
  const text = `${before}\nconst c = require(${JSON.stringify(bundle)});
    const out = (x) => console.log(JSON.stringify(x));
    const noise = (...shape) => c.tensor(
      Float32Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => Math.sin(i * 12.9898)), { shape });
    ${script}`;
  const printed = execFileSync(node, [...flags, '-e', text], {
    timeout: 25_000,
    encoding: 'utf8',
    env: { ...process.env, CHAINRULE_BLAS: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return JSON.parse(printed.trim().split('\n').at(-1) ?? 'null');
}

/** A training that uses products, reductions and element functions; prints the backend and the bits. */
const TRAINING = `
  const x = noise(64, 50), w = new c.Parameter(noise(50, 40).mul(0.1)), v = new c.Parameter(noise(40, 3).mul(0.1));
  let loss;
  for (let i = 0; i < 10; i++) {
    loss = x.matmul(w).tanh().matmul(v).square().mean();
    loss.backward();
    c.noGrad(() => { for (const p of [w, v]) { p.assign(p.sub(p.grad.mul(0.05))); p.grad = null; } });
    c.evaluate();
  }
  const bits = [...new Int32Array(w.dataSync().slice().buffer)].reduce((h, x) => (Math.imul(h, 31) + x) | 0, 0);
  out({ backend: c.engine.backend.name, threads: c.getNumThreads(), loss: loss.item(), bits, blas: c.blas(),
    wide: c.enableWideSimd().enabled });`;

interface Training {
  readonly backend: string;
  readonly threads: number;
  readonly loss: number;
  readonly bits: number;
  readonly blas: { readonly found: boolean; readonly reason: string };
}

describe('falls back', () => {
  const train = (options?: Parameters<typeof run>[1]): Training =>
    run(TRAINING, options) as Training;
  let usual: Training;
  beforeAll(() => {
    usual = train();
  });

  test('to nothing where all is there', () => {
    expect(usual.backend).toBe('wasm');
    expect(usual.blas).toEqual({ found: false, reason: 'CHAINRULE_BLAS is off' });
  });

  test.each([
    ['no WebAssembly', 'delete globalThis.WebAssembly;'],
    ['no SIMD', 'WebAssembly.validate = () => false;'],
  ])('to the interpreter: %s', (_, before) => {
    const without = train({ before });
    expect(without.backend).toBe('interpreter');
    expect(without.threads).toBe(1);
    expect(without.loss).toBeCloseTo(usual.loss, 5);
    expect(without.blas.reason).toBe('the interpreter is in use');
  });

  test.each([
    ['no SharedArrayBuffer', 'delete globalThis.SharedArrayBuffer;'],
    [
      'shared memory refused',
      `const M = WebAssembly.Memory;
       WebAssembly.Memory = function (o) { if (o.shared) throw new RangeError('refused'); return new M(o); };`,
    ],
  ])('to one thread and the same bits: %s', (_, before) => {
    const without = train({ before });
    expect(without.backend).toBe('wasm');
    expect(without.bits).toBe(usual.bits);
    expect(without.blas).toEqual({ found: false, reason: 'there is no shared memory here' });
  });

  test('to memory of its own, which moves when it grows in the middle of a loop, and the same bits', () => {
    const script = `
      const large = (z) => z.unsqueeze(0).expand([3000, 40, 50]).exp().sum(0).mul(1e-4).tanh();
      const branch = (z) => c.cond(z.sum().gt(-1e9), large, (s) => s, z);
      const uses = [
        (x) => c.whileLoop((s) => s.sum().lt(500), (s) => large(s).add(s.abs()), x),
        (x) => branch(x.mul(2)).add(x),
        (x) => c.scan((s, t) => [branch(s), s.sum().add(t)], x, c.arange(0, 5))[1],
      ];
      const bitsOf = (t) => new Int32Array(t.dataSync().slice().buffer).reduce((h, b) => (Math.imul(h, 31) + b) | 0, 0);
      const x = noise(40, 50);
      out(uses.flatMap((f) => [bitsOf(f(x)), bitsOf(c.compile(f)(x))]));`;
    expect(run(script, { before: 'delete globalThis.SharedArrayBuffer;' })).toEqual(run(script));
  });

  test('to what JavaScript has: no navigator, no process.getBuiltinModule', () => {
    const before = 'delete globalThis.navigator; process.getBuiltinModule = undefined;';
    expect(train({ before }).bits).toBe(usual.bits);
  });

  test.each([
    [
      'a policy without wasm-unsafe-eval',
      `WebAssembly.Module = function () { throw new WebAssembly.CompileError('blocked by CSP'); };`,
      'wasm-unsafe-eval',
    ],
    [
      'no memory at all',
      `WebAssembly.Memory = function () { throw new RangeError('could not allocate'); };`,
      'ulimit -v',
    ],
    ['no WebAssembly', 'delete globalThis.WebAssembly;', 'no WebAssembly'],
    [
      'code only at the start',
      `Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Cloudflare-Workers' } });`,
      'Cloudflare Workers',
    ],
  ])('and says so once, with the reason: %s', (_, before, reason) => {
    const noted = `globalThis.said = []; console.warn = (text) => said.push(text);`;
    const result = run(
      `c.ones([2]).add(1).dataSync(); const m = c.ones([64, 64]).matmul(c.ones([64, 64])).sum().item();
       out({ said, m, backend: c.backend(), threads: c.getNumThreads(), devices: c.devices() });`,
      { before: `${noted}${before}` },
    ) as { said: string[]; m: number; backend: string; threads: number; devices: string[] };
    expect(result).toMatchObject({ m: 64 ** 3, backend: 'interpreter', threads: 1 });
    expect(result.devices).toContain('cpu');
    expect(result.said).toHaveLength(1);
    expect(result.said[0]).toContain(reason);
    expect(result.said[0]).toContain('computing in JavaScript');
  });

  test.skipIf(process.platform !== 'linux')('under ulimit -v', () => {
    const text = `const c = require(${JSON.stringify(bundle)}); const x = c.ones([64, 64]); console.log(c.backend(), x.matmul(x).sum().item());`;
    for (const limit of [2e6, 6e6]) {
      const shell = `ulimit -v ${limit} && exec "${process.execPath}" -e '${text.replaceAll("'", '"')}'`;
      const printed = execFileSync('sh', ['-c', shell], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      expect(printed.trim()).toMatch(/^(wasm|interpreter) 262144$/);
    }
  });

  test('the interpreter by CHAINRULE_BACKEND', () => {
    expect(train({ env: { CHAINRULE_BACKEND: 'interpreter' } }).backend).toBe('interpreter');
  });
});

describe('threads', () => {
  test('a process with waiting threads ends by itself, and bits do not depend on their number', () => {
    const script = (threads: number): string => `
      c.setNumThreads(${threads});
      const x = noise(300, 300);
      let bits = 0;
      (async () => {
        for (let i = 0; i < 6; i++) {
          const y = x.matmul(x).mul(0.01 * (i + 1)).exp().sum(0).softmax(0).dataSync();
          for (const b of new Int32Array(y.slice().buffer)) bits = (Math.imul(bits, 31) + b) | 0;
          await new Promise((done) => setTimeout(done, 60));
        }
        out({ threads: c.getNumThreads(), bits });
      })();`;
    const [one, three] = [1, 3].map((n) => run(script(n)) as { threads: number; bits: number });
    expect(three?.threads).toBe(3);
    expect(three?.bits).toBe(one?.bits);
  });

  test('workers that die are noticed, and one thread goes on', () => {
    const before = `
      const threads = require('node:worker_threads');
      const made = [];
      threads.Worker = class extends threads.Worker { constructor(...a) { super(...a); made.push(this); } };`;
    const result = run(
      `c.setNumThreads(3);
      const x = noise(300, 300);
      const value = () => x.matmul(x).add(0.5).dataSync()[7];
      (async () => {
        value();
        await new Promise((done) => setTimeout(done, 200));
        const want = value();
        await Promise.all(made.map((w) => w.terminate()));
        const start = Date.now();
        out({ workers: made.length, want, got: value(), ms: Date.now() - start });
      })();`,
      { before },
    ) as { workers: number; want: number; got: number; ms: number };
    expect(result.workers).toBe(2);
    expect(result.got).toBe(result.want);
    expect(result.ms).toBeLessThan(5_000);
  });

  test.skipIf(process.platform !== 'linux')(
    'a worker that dies while it is waited for is noticed at once',
    () => {
      const before = `
      const threads = require('node:worker_threads');
      const made = [];
      threads.Worker = class extends threads.Worker { constructor(...a) { super(...a); made.push(this); } };`;
      const result = run(
        `c.setNumThreads(2);
      const x = noise(300, 300);
      const value = () => x.matmul(x).add(0.5).dataSync()[7];
      (async () => {
        value();
        await new Promise((done) => setTimeout(done, 300));
        const want = value();
        made[0].terminate(); // and no turn of the event loop, in which its end would be told
        const stop = Date.now() + 200;
        while (Date.now() < stop);
        const start = Date.now();
        let said = '';
        for (let i = 0; i < 30 && said === ''; i++) try { value(); } catch (e) { said = e.name + e.message; }
        out({ want, said, got: value(), threads: c.getNumThreads(), ms: Date.now() - start });
      })();`,
        { before },
      ) as { want: number; said: string; got: number; threads: number; ms: number };
      expect(
        result.said === '' ||
          /DeviceErrorthreads: a worker did not .* before it died/.test(result.said),
      ).toBe(true);
      expect(result.got).toBe(result.want);
      expect(result.ms).toBeLessThan(3_000);
      if (result.said !== '') expect(result.threads).toBe(1);
    },
  );

  test('their number has a limit, and getNumThreads tells how many run', () => {
    const script = `
      const error = (n) => { try { c.setNumThreads(n); return null; } catch (e) { return e.name; } };
      out({ errors: [0, 257, 1e6, 1.5, NaN].map(error), threads: (c.setNumThreads(2), c.getNumThreads()) });`;
    expect(run(script)).toEqual({ errors: new Array(5).fill('ChainruleError'), threads: 2 });
    const unshared = 'delete globalThis.SharedArrayBuffer;';
    expect(run(script, { before: unshared })).toMatchObject({ threads: 1 });
  });

  test('the package works inside a worker thread', () => {
    const inner = `const c = require(${JSON.stringify(bundle)}); c.setNumThreads(2);
      const x = c.arange(90000).reshape([300, 300]).mul(1e-5);
      require('node:worker_threads').parentPort.postMessage(x.matmul(x).sum().item());`;
    const script = `
      const { Worker } = require('node:worker_threads');
      const x = c.arange(90000).reshape([300, 300]).mul(1e-5);
      const want = x.matmul(x).sum().item();
      new Worker(${JSON.stringify(inner)}, { eval: true }).on('message', (got) => out({ want, got }));`;
    const { want, got } = run(script) as { want: number; got: number };
    expect(got).toBe(want);
  });
});

describe('memory', () => {
  test('errors are themselves where Error.prototype is frozen', () => {
    const script = `try { noise(2, 3).add(noise(4)); } catch (e) {
      out([e.name, e instanceof c.ShapeError, e instanceof Error, e.message.slice(0, 4), String(e).slice(0, 10)]); }`;
    const before = `Object.freeze(Error.prototype); Object.freeze(Object.prototype); Object.freeze(Array.prototype);`;
    expect(run(script, { before })).toEqual(['ShapeError', true, true, 'add:', 'ShapeError']);
  });

  test('a tensor that is cloned says what to send; a leaf is its sizes, dtype and value', () => {
    const script = `let said = '';
      try { structuredClone(noise(2).mul(2)); } catch (e) { said = e.message; }
      const { sizes: shape, dtype, value } = structuredClone(c.tensor([1, 2]));
      out({ said, shape, dtype, value: [...value], json: JSON.stringify(noise(1).mul(0)) });`;
    expect(run(script)).toEqual({
      said: expect.stringContaining('send its shape and await t.data() instead') as string,
      shape: [2],
      dtype: 'float32',
      value: [1, 2],
      json: '{"dtype":"float32","shape":[1],"data":[0]}',
    });
  });

  test('what is too large names the operation and the size; earlier tensors are intact', () => {
    const before = `
      const M = WebAssembly.Memory;
      WebAssembly.Memory = function (o) { return new M({ ...o, maximum: Math.min(o.maximum, 256) }); };`;
    const result = run(
      `const kept = noise(1000).mul(2); c.evaluate(kept);
       const w = new c.Parameter(noise(1000));
       const error = (f) => { try { f(); return null; } catch (e) { return [e.name, e.message]; } };
       const before = [...kept.dataSync()].slice(0, 5);
       const huge = error(() => noise(3000, 1).matmul(noise(1, 3000)).exp().dataSync());
       const cell = error(() => { c.noGrad(() => w.assign(w.add(noise(3000, 1).matmul(noise(1, 3000)).exp().sum()))); c.evaluate(); });
       const impossible = error(() => c.zeros([1e5, 1e6]));
       out({ huge, cell, impossible, before, after: [...kept.dataSync()].slice(0, 5), w: w.dataSync()[3], sum: kept.add(1).sum().item() });`,
      { before },
    ) as Record<'huge' | 'cell' | 'impossible', [string, string] | null> & {
      before: number[];
      after: number[];
      w: number;
    };
    for (const error of [result.huge, result.cell]) {
      expect(error?.[0]).toBe('DeviceError');
      expect(error?.[1]).toMatch(/^matmul: its result, float32\[3000, 3000\], takes 34\.3 MiB; /);
    }
    expect(result.impossible?.[0]).toBe('ShapeError');
    expect(result.impossible?.[1]).toMatch(/zeros.*MB/);
    expect(result.after).toEqual(result.before);
    expect(result.w).toBeCloseTo(Math.sin(3 * 12.9898), 6);
  });

  test('plans of ever new shapes free what they held', () => {
    const used = run(`
      c.setNumThreads(1);
      const used = [];
      for (let n = 1; n <= 1800; n++) {
        c.arange(9000 + n).mul(0.5).softmax(0).sum().item();
        if (n % 600 === 0) used.push(c.memoryUsage().used - c.memoryUsage().arena);
      }
      out(used);`) as number[];
    // 512 plans are kept; what each holds grows with n, by a quarter at most.
    expect(used[2]).toBeLessThan((used[0] as number) * 1.25);
  });

  test('memoryUsage counts what is held', () => {
    const [first, second] = run(`
      const w = new c.Parameter(noise(1000, 100));
      const first = c.memoryUsage();
      for (let i = 0; i < 4; i++) { c.noGrad(() => w.assign(w.mul(0.5))); c.evaluate(); }
      out([first, c.memoryUsage()]);`) as Record<string, number>[];
    const none = { walked: 0, made: 0, found: 0 };
    expect(first).toMatchObject({ arena: 0, cells: 0, plans: 0, planning: none });
    const { walked, made, found } = second?.['planning'] as unknown as typeof none;
    expect(made).toBeGreaterThanOrEqual(1);
    expect(made).toBeLessThan(4);
    expect(walked + found).toBeGreaterThanOrEqual(2);
    expect(second?.['cells']).toBeGreaterThanOrEqual(400_000);
    expect(second?.['plans']).toBeGreaterThanOrEqual(1);
    expect(second?.['forms']).toBeGreaterThanOrEqual(1);
    expect(second?.['used']).toBeGreaterThanOrEqual(
      (second?.['cells'] ?? 0) + (second?.['arena'] ?? 0),
    );
    expect(second?.['reserved']).toBeGreaterThanOrEqual(second?.['used'] ?? Infinity);
  });
});

const wide = process.env['CHAINRULE_TEST_NODE'];
test.runIf(wide !== undefined)(
  'wide vectors on another Node (CHAINRULE_TEST_NODE): the same bits, or why not',
  () => {
    const node = wide as string;
    const major = Number.parseInt(
      execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }),
      10,
    );
    const script = (enable: boolean): string => `
    c.setNumThreads(1);
    const done = ${enable ? 'c.enableWideSimd()' : 'null'};
    const x = noise(200, 333), y = noise(333, 77);
    let bits = 0;
    for (let i = 0; i < 400; i++) {
      const z = x.matmul(y).exp().dataSync();
      bits = new Int32Array(z.slice().buffer).reduce((h, b) => (Math.imul(h, 31) + b) | 0, 0);
    }
    out({ done, bits });`;
    const narrow = run(script(false), { node }) as { bits: number };
    const { done, bits } = run(script(true), { node }) as {
      done: { enabled: boolean };
      bits: number;
    };
    expect(done.enabled).toBe(major >= 24);
    expect(bits).toBe(narrow.bits);
  },
);

test.runIf(wide !== undefined && process.arch === 'x64')(
  'a processor that rounds products by themselves, on another Node (CHAINRULE_TEST_NODE): the bits of engines that do so',
  () => {
    const script = `const z = noise(200, 333).matmul(noise(333, 77)).exp().dataSync();
    out(new Int32Array(z.slice().buffer).reduce((h, b) => (Math.imul(h, 31) + b) | 0, 0));`;
    const flags = ['--no-enable-fma3'];
    const [rounded, fused] = [
      run(script, { node: wide as string, flags }),
      run(script, { node: wide as string }),
    ];
    expect(rounded).toBe(run(script, { flags }));
    expect(rounded).not.toBe(fused);
  },
);

test.runIf(wide !== undefined)(
  'reductions and doubles after asking for wide vectors on another Node (CHAINRULE_TEST_NODE): the same bits',
  () => {
    // Optimized at once, of which V8 13 and 14 join some vectors wrongly.
    const script = (enable: boolean): string => `
    c.setNumThreads(1);
    if (${enable}) c.enableWideSimd();
    for (const flag of ['--wasm-sync-tier-up', '--wasm-tiering-budget=1']) require('v8').setFlagsFromString(flag);
    const uses = {
      maxima: (x) => x.amax(-1),
      both: (x) => x.amax(-1).add(x.amin(-1)),
      products: (x) => x.floor().add(1.5).prod(-1).sub(x.prod(-1)),
      deviations: (x) => x.std(-1),
      signs: (x) => x.neg().exp().add(x.abs()),
      softmax: (x) => x.softmax(-1),
    };
    const found = {};
    for (const dtype of ['float32', 'float64']) for (const [name, use] of Object.entries(uses)) for (const [m, n] of [[100, 257], [37, 31]]) {
      const x = noise(m, n).cast(dtype);
      x.dataSync();
      let bits = 0;
      for (let i = 0; i < 200; i++) {
        const z = use(x).dataSync();
        bits = new Int32Array(z.slice().buffer).reduce((h, b) => (Math.imul(h, 31) + b) | 0, 0);
      }
      found[[name, dtype, m, n].join(' ')] = bits;
    }
    out(found);`;
    const node = wide as string;
    expect(run(script(true), { node })).toEqual(run(script(false), { node }));
  },
);

test('no source makes code from text', () => {
  const files = ['autograd', 'nn', 'optim'].flatMap((name) => {
    const from = fileURLToPath(new URL(`../../${name}/src`, import.meta.url));
    return readdirSync(from, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => join(from, file));
  });
  expect(files.length).toBeGreaterThan(100);
  const guilty = files.filter((file) =>
    /\bnew Function\b|\bFunction\(|(^|[^.\w])eval\([^)]|setTimeout\(\s*['"`]/m.test(
      readFileSync(file, 'utf8'),
    ),
  );
  expect(guilty).toEqual([]);
});
