/**
 * @file The functions that kernels call: those that WGSL lacks, or whose built-in form is inaccurate or leaves special values
 * open. The polynomials are those of the CPU's kernels (`backends/wasm/elements`); NaN is detected by its bits.
 */
import { bessel } from './bessel.js';
import { bits } from './bits.js';
import { exponential } from './exponential.js';
import { gamma } from './gamma.js';
import { gaussian } from './gaussian.js';
import { incompleteGamma } from './incompleteGamma.js';
import { integers } from './integers.js';
import { logarithm } from './logarithm.js';
import { powers } from './powers.js';
import { sampling } from './sampling.js';
import { sinc } from './sinc.js';
import { trigonometry } from './trigonometry.js';
import type { FunctionTexts } from './text.js';

const LIBRARY: FunctionTexts = {
  ...bits,
  ...exponential,
  ...logarithm,
  ...trigonometry,
  ...gaussian,
  ...powers,
  ...gamma,
  ...bessel,
  ...sinc,
  ...integers,
  ...incompleteGamma,
  ...sampling,
};

/** The named functions and all that they call, each after those that it calls. */
export function withDependencies(names: Iterable<string>): string {
  const done = new Set<string>();
  let text = '';
  const visit = (name: string): void => {
    if (done.has(name)) return;
    done.add(name);
    const found = LIBRARY[name];
    if (found === undefined) throw new Error(`webgpu: no function ${name} in the library`);
    found.needs.forEach(visit);
    text += `${found.code}\n`;
  };
  for (const name of names) visit(name);
  return text;
}
