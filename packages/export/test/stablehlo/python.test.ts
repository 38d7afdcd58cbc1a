/**
 * @file XLA itself: exported programs run with jaxlib and give what Chainrule gives. Runs where `PYTHON` names a Python with
 * jaxlib: `PYTHON=python3 npm run stablehlo:check`.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  cell,
  evaluate,
  getRngState,
  manualSeed,
  randint,
  randn,
  setRngState,
  zeros,
  type Tensor,
} from '@chainrule/autograd';
import { decodeSafetensors, encodeSafetensors } from '@chainrule/autograd/io';
import * as nn from '@chainrule/nn';
import { SGD } from '@chainrule/optim';
import { afterAll, describe, expect, it } from 'vitest';
import { exportStableHLO, type StableHLO } from '../../src/index.js';
import { benchmarkCases, loopCase, networkCase, optimizerCases } from './cases.js';
import { layerCases } from './layerCases.js';
import { operationCases } from './operations.js';

const python = process.env['PYTHON'];
// Asked for by name it must not pass by leaving everything out.
if (python === undefined && process.env['npm_lifecycle_event'] === 'stablehlo:check')
  throw new Error(
    'set PYTHON to a Python with jaxlib 0.10.2: PYTHON=python3 npm run stablehlo:check',
  );
if (python === undefined)
  console.warn(
    'StableHLO is not run: set PYTHON to a Python with jaxlib 0.10.2 (npm run stablehlo:check)',
  );

const folder = mkdtempSync(join(tmpdir(), 'chainrule-stablehlo-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = promisify(execFile);

interface Line {
  readonly output?: number | number[];
  readonly replicasEqual?: boolean;
  readonly digest?: string;
}

function write(name: string, made: StableHLO): string {
  const path = join(folder, name);
  writeFileSync(`${path}.mlir`, made.mlir);
  writeFileSync(`${path}.safetensors`, made.state);
  writeFileSync(`${path}.json`, JSON.stringify(made.map));
  writeFileSync(join(folder, 'run.py'), made.runner);
  return path;
}

async function execute(path: string, ...more: string[]): Promise<Line[]> {
  const { stdout } = await run(python as string, [join(folder, 'run.py'), path, ...more]);
  return stdout
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
}

describe.skipIf(python === undefined)('XLA', () => {
  it.each([...optimizerCases, ...benchmarkCases, networkCase, loopCase])(
    'gives the same losses: $name',
    async ({ name, make }) => {
      const { step, args, modules } = make();
      const made = exportStableHLO(step, args, { modules });
      const path = write(name, made);
      const own = Array.from({ length: 20 }, () => (step(...args) as Tensor).item());
      const lines = await execute(path, '--steps', '20');
      const first = Math.abs(own[0] as number);
      own.forEach((loss, t) => {
        expect(Math.abs((lines[t]?.output as number) - loss)).toBeLessThanOrEqual(1e-5 * first);
      });
      const random = getRngState();
      made.load(readFileSync(`${path}.trained.safetensors`));
      expect(getRngState()).toEqual(random);
    },
    300_000,
  );

  it.each([
    ['operation', operationCases],
    ['layer and loss, with gradients', layerCases],
  ] as const)(
    'gives the same values: every %s',
    async (kind, cases: Readonly<Record<string, (z: Tensor) => Tensor | Tensor[]>>) => {
      manualSeed(11);
      const state = getRngState();
      const z = zeros([2, 4]);
      /** All values of all cases by name. */
      const values = (x: Tensor): [name: string, y: Tensor][] =>
        Object.entries(cases).flatMap(([name, f]) => {
          const made = f(x);
          if (!Array.isArray(made)) return [[name, made]];
          return made.map((y, i): [string, Tensor] => [`${name} #${i}`, y]);
        });
      const own = values(z);
      evaluate(...own.map(([, y]) => y));
      const cells = own.map(
        ([name, y]) => [name, cell(zeros(y.shape, { dtype: y.dtype }))] as const,
      );
      setRngState(state);
      const step = (x: Tensor): void => {
        values(x).forEach(([, y], i) => cells[i]?.[1].assign(y));
      };
      const path = write(
        kind.slice(0, 5),
        exportStableHLO(step, [z], { modules: { namedBuffers: () => cells } as never }),
      );
      await execute(path);
      const found = decodeSafetensors(readFileSync(`${path}.trained.safetensors`));
      const wrong: string[] = [];
      for (const [name, y] of own) {
        const [a, b] = [y.dataSync(), (found[name] as Tensor).dataSync()];
        const exact =
          y.dtype === 'int32' ||
          y.dtype === 'bool' ||
          /^rand$|rand of|bernoulli|dropout/.test(name);
        const tolerance = exact ? 0 : y.dtype === 'float64' ? 1e-14 : 2e-6;
        // Gradients are sums, whose terms may be larger than they are.
        const least = kind === 'operation' ? 1 : Math.max(1, ...a.map(Math.abs));
        const fits = a.every((v, i) => {
          const u = b[i] as number;
          return (
            Object.is(v, u) ||
            v === u ||
            Math.abs(v - u) <= tolerance * Math.max(least, Math.abs(v))
          );
        });
        if (!fits) wrong.push(`${name}: ${a.join(' ')} | ${b.join(' ')}`);
      }
      expect(wrong).toEqual([]);
    },
    300_000,
  );

  describe('on two devices', () => {
    manualSeed(12);
    const model = new nn.Sequential(
      new nn.Linear(6, 8),
      new nn.LayerNorm(8),
      new nn.GELU(),
      new nn.Linear(8, 3),
    );
    const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const step = (x: Tensor, y: Tensor): Tensor => {
      optimizer.zeroGrad();
      const loss = nn.functional.crossEntropy(model.forward(x), y);
      loss.backward();
      nn.utils.clipGradNorm(model.parameters(), 0.5);
      optimizer.step();
      return loss;
    };
    const [xs, ys] = [randn([12, 8, 6]), randint(0, 3, [12, 8])];
    const steps = ['--steps', '6', '--data', join(folder, 'data.safetensors')];
    const made = exportStableHLO(step, [xs.select(0, 0), ys.select(0, 0)], {
      replicas: 2,
      modules: { '': model, optimizer },
      names: ['x', 'y'],
    });
    const own: number[] = [];
    const after: Record<string, Tensor> = {};
    const prepare = (): string => {
      writeFileSync(join(folder, 'data.safetensors'), encodeSafetensors({ x: xs, y: ys }));
      for (let t = 0; own.length < 6; t += 2)
        own.push(step(xs.narrow(0, t, 2).flatten(0, 1), ys.narrow(0, t, 2).flatten(0, 1)).item());
      for (const [name, p] of model.namedParameters()) after[name] ??= p.clone();
      evaluate(...Object.values(after));
      return write('replicas', made);
    };
    const compare = (path: string): void => {
      const found = decodeSafetensors(readFileSync(path));
      for (const [name, p] of Object.entries(after)) {
        const trained = (found[name] as Tensor).dataSync();
        p.dataSync().forEach((v, i) =>
          expect(Math.abs(v - (trained[i] as number))).toBeLessThan(1e-6),
        );
      }
    };

    it('trains as one process on the joined batch, replicas equal bit for bit', async () => {
      const path = prepare();
      const lines = await execute(path, ...steps);
      own.forEach((loss, t) => {
        const [a, b] = lines[t]?.output as [number, number];
        expect((a + b) / 2).toBeCloseTo(loss, 5);
      });
      expect(lines[6]?.replicasEqual).toBe(true);
      compare(`${path}.trained.safetensors`);
    }, 60_000);

    it('trains in two processes, equal bit for bit', async () => {
      const path = prepare();
      const port = 20_000 + (process.pid % 20_000);
      const processes = [0, 1].map((p) =>
        execute(
          path,
          ...steps,
          '--processes',
          '2',
          '--process',
          `${p}`,
          '--coordinator',
          `localhost:${port}`,
          '--out',
          join(folder, 'two.safetensors'),
        ),
      );
      const [first, second] = (await Promise.all(processes)) as [Line[], Line[]];
      expect(first[6]?.digest).toBe(second[6]?.digest);
      compare(join(folder, 'two.safetensors'));
    }, 120_000);
  });
});
