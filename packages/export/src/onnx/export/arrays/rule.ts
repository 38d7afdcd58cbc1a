/**
 * @file The type of a rule that writes an operation on arrays, and its arguments: inputs by name, attributes at every
 * recorded size.
 */
import type { OperationAttributes, OperationName, OperationNode } from '@chainrule/autograd/graph';
import type { Emitter } from '../emitter.js';
import { CODE } from '../encoded.js';
import { refuse } from '../refuse.js';
import { plainKey } from '../trees.js';

/** An operation as recorded at all sets of sizes. */
export interface Recorded<K extends OperationName> {
  readonly node: OperationNode;
  readonly inputs: readonly string[];
  /** Its attributes at each set of sizes; the first are those of `node`. */
  readonly all: readonly OperationAttributes[K][];
  /** Those that are the same at all sizes; reading another one refuses the operation. */
  readonly attributes: OperationAttributes[K];
}

export function fixedAttributes<A extends object>(node: OperationNode, all: readonly A[]): A {
  const [first] = all as readonly [A];
  const entries = Object.entries(first).map(([key, value]: [string, unknown]) => {
    const own = plainKey(value);
    const isFixed = all.every((a) => plainKey(a[key as keyof A]) === own);
    const get = (): unknown =>
      isFixed ? value : refuse(node, `its ${key} depends on a dynamic dimension`);
    return [key, { enumerable: true, get }] as const;
  });
  return Object.defineProperties({}, Object.fromEntries(entries)) as A;
}

export type Rule<K extends OperationName> = (e: Emitter, op: Recorded<K>) => string;

export const flag = (b: boolean): number => (b ? 1 : 0);

/** ONNX counts indices in int64; here they are int32. */
export const int32 = (e: Emitter, x: string): string => e.node('Cast', [x], { to: CODE.int32 });

/** The first input as numbers: most operators that compare or add do not accept booleans. */
export function numeric(e: Emitter, node: OperationNode, [x = '']: readonly string[]): string {
  return node.inputs[0]?.dtype === 'bool' ? e.node('Cast', [x], { to: CODE.int32 }) : x;
}
