/** @file One function of an exported module: its plans, and its text. */
import type { DType } from '@chainrule/autograd';
import type { EncodedImage, EncodedRegime } from './encode.js';
import { literal } from './texts.js';

export interface ModuleFunction {
  readonly name: string;
  readonly regimes: readonly EncodedRegime[];
  readonly args: readonly {
    readonly name: string;
    readonly dtype: DType;
    readonly batched: boolean;
    readonly each: number;
    readonly shape: string;
  }[];
  readonly fixed: number | null;
  readonly most: number;
  readonly assigned: readonly number[];
  readonly result: unknown;
  readonly outputs: readonly { readonly dtype: DType; readonly shape: readonly number[] }[];
}

/**
 * The text of a function that the module exports. Internally functions are named by their index, whatever the export is
 * called.
 */
export function functionText({ outputs: _outputs, ...rest }: ModuleFunction, k: number): string {
  const args = rest.args.map((_, i) => `x${i}`).join(', ');
  const value = `call(PLANS${k}, [${args}])${rest.name === 'train' ? '.data[0]' : ''}`;
  return [
    `const PLANS${k} = ${literal(rest)};`,
    `function function${k}(${args}) {`,
    `  return ${value};`,
    '}',
    `export { function${k} as ${rest.name} };`,
  ].join('\n');
}

/** What a function runs besides kernels: whether there are loops, and which operations run as plain kernels. */
export function stopsOf({ regimes }: ModuleFunction): { hasLoops: boolean; plain: Set<string> } {
  const found = { hasLoops: false, plain: new Set<string>() };
  const visit = ({ l: stops }: EncodedImage): void => {
    for (const stop of stops) {
      if (stop.kind === 'plain') found.plain.add(stop.name);
      else {
        found.hasLoops = true;
        stop.bodies.forEach(visit);
      }
    }
  };
  regimes.forEach(visit);
  return found;
}
