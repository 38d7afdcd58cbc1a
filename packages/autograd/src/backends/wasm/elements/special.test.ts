/** @file The functions that kernels import are those of the operations, on this thread and on workers. */
import { expect, test } from 'vitest';
import '../../../index.js';
import { primitives } from '../../../graph/primitive.js';
import { SCALAR_BINARY, SCALAR_UNARY } from './scalarOps.js';
import { scalarFunctions, scalarFunctionsText, type ScalarFunction } from './special.js';

const XS = [
  0, -0, 1, -1, 0.1, -0.1, 0.3, 0.5, -0.5, 0.9, 1.5, -1.5, 2, -2.5, 2.75, -2.7476826467274,
];
const ALL = [...XS, 3.5, -7.25, 12, 40.5, 1e-9, -1e-9, 1e10, -1e300, Infinity, -Infinity, NaN];

/** The way a worker makes them: from text, without anything around it. */
// eslint-disable-next-line @typescript-eslint/no-implied-eval
const make = new Function(`var __name = (f) => f; return ${scalarFunctionsText()}`) as () => Record<
  string,
  ScalarFunction
>;
const fromText = make();

test.each([...SCALAR_UNARY, ...SCALAR_BINARY, 'normalCdf'])('%s is one function', (name) => {
  const lowering = primitives.find((p) => p.name === name)?.lowering;
  if (lowering?.kind !== 'element') throw new Error(`${name} is no element function`);
  const reference = lowering.scalar;
  const here = scalarFunctions()[name] as ScalarFunction;
  const there = fromText[name] as ScalarFunction;
  for (const x of ALL) {
    for (const y of SCALAR_BINARY.has(name) ? ALL : [0]) {
      const owed = reference(x, y, 0);
      expect(here(x, y), `${name}(${x}, ${y})`).toBe(owed);
      expect(there(x, y), `${name}(${x}, ${y}) of a worker`).toBe(owed);
    }
  }
});
