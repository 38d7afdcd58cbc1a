/** @file Random programs of many operations and changing sizes: however one is run, values have the same bits. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as c from '../../src/index.js';
import type { DType, Tensor } from '../../src/index.js';
import { arbProgram, arbShapes, lossOf, valuesOf, type Line } from './programs.js';

const numRuns = process.env['CHAINRULE_LONG'] === undefined ? 30 : 1500;
/** Milliseconds that a property may take. */
const LONGEST = 20 * numRuns + 60_000;
/** A size comes back, and others are new. */
const SIZES = [5, 5, 7, 3, 5, 9];
/** After so many runs every program has its plan. */
const OFTEN = 50;

const bitsOf = (ts: readonly Tensor[]): string[] =>
  ts.map((t) => {
    const { buffer, byteOffset, byteLength } = t.dataSync();
    return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
  });

const arbFloat = fc.constantFrom<DType[]>('float32', 'float64');

type Shapes = readonly ((n: number) => number[])[];

function leavesOf(shapes: Shapes, n: number, dtype: DType): Tensor[] {
  return shapes.map((shapeOf, i) => {
    const shape = shapeOf(n);
    const size = shape.reduce((product, m) => product * m, 1);
    const numbers = Array.from({ length: size }, (_, j) => 2 * Math.sin(12.9898 * (j + 1) + i + n));
    const leaf = c.tensor(numbers, { dtype }).reshape(shape);
    c.evaluate(leaf);
    return leaf;
  });
}

/** Whether the program can be run at all sizes. */
function runs(lines: readonly Line[], shapes: Shapes): boolean {
  try {
    for (const n of SIZES) valuesOf(lines, leavesOf(shapes, n, 'float32'));
    return true;
  } catch (error) {
    if (error instanceof c.ChainruleError) return false;
    throw error;
  }
}

function gradients(lines: readonly Line[], leaves: readonly Tensor[]): number[][] {
  const parameters = leaves.map((x) => new c.Parameter(x));
  lossOf(valuesOf(lines, parameters), parameters).backward();
  return parameters.map(({ grad }) => Array.from(grad?.dataSync() ?? []));
}

const TOLERANCE: Partial<Record<DType, number>> = { float32: 2e-3, float64: 1e-9 };

function expectClose(
  found: readonly number[][],
  truth: readonly number[][],
  tolerance: number,
): void {
  truth.forEach((numbers, i) => {
    const scale = Math.max(1e-3, ...numbers.filter(Number.isFinite).map(Math.abs));
    numbers.forEach((x, j) => {
      const y = found[i]?.[j] as number;
      if (!Object.is(x, y)) expect(Math.abs(x - y)).toBeLessThanOrEqual(tolerance * scale);
    });
  });
}

describe.runIf(c.backend() === 'wasm')('a random program', () => {
  test(
    'has the same values eagerly and compiled, as sizes change',
    () => {
      fc.assert(
        fc.property(arbProgram, arbShapes, arbFloat, (lines, shapes, dtype) => {
          fc.pre(runs(lines, shapes));
          const eager = SIZES.map((n) => {
            const values = valuesOf(lines, leavesOf(shapes, n, dtype));
            c.evaluate(...values);
            return bitsOf(values);
          });
          const compiled = c.compile((...leaves: Tensor[]) => valuesOf(lines, leaves));
          SIZES.forEach((n, i) =>
            expect(bitsOf(compiled(...leavesOf(shapes, n, dtype)))).toEqual(eager[i]),
          );
        }),
        { numRuns },
      );
    },
    LONGEST,
  );

  test(
    'has the same gradients eagerly, often, compiled and by forward mode',
    () => {
      fc.assert(
        fc.property(arbProgram, arbShapes, arbFloat, (lines, shapes, dtype) => {
          fc.pre(runs(lines, shapes));
          const tolerance = TOLERANCE[dtype] as number;
          const leaves = leavesOf(shapes, 5, dtype);
          const truth = gradients(lines, leaves);
          for (let run = 0; run < OFTEN; run++) {
            const again = gradients(lines, leaves);
            if (run === OFTEN - 1) expectClose(again, truth, tolerance);
          }
          const loss = (...xs: Tensor[]): Tensor => lossOf(valuesOf(lines, xs), xs);
          const compiled = c.compile(c.grad(loss, [0, 1, 2]));
          for (let run = 0; run < 2; run++)
            expectClose(
              (compiled(...leaves) as Tensor[]).map((g) => Array.from(g.dataSync())),
              truth,
              tolerance,
            );
          const [, slope] = c.jvp(loss, leaves, leaves);
          const products = truth.map((numbers, i) => {
            const x = (leaves[i] as Tensor).dataSync();
            return numbers.map((g, j) => g * (x[j] as number));
          });
          const flat = products.flat();
          const size = flat.reduce((sum, p) => sum + Math.abs(p), 1e-3);
          const expected = flat.reduce((sum, p) => sum + p, 0);
          if (Number.isFinite(expected))
            expect(Math.abs(slope.item() - expected)).toBeLessThanOrEqual(tolerance * size);
        }),
        { numRuns: Math.ceil(numRuns / 2) },
      );
    },
    LONGEST,
  );
});
