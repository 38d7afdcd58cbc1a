/**
 * @file Facts about each scalar of a loop body before code is written: along which levels it varies, and when it is known.
 */
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Nest } from './loopNest.js';

export interface ScalarFacts {
  /** The innermost level the value varies along; −1 for a constant. */
  readonly depth: number;
  /** Whether its four lanes can differ. */
  readonly perLane: boolean;
  /** The number of reduction levels before it. */
  readonly phase: number;
  /** Whether computing it again costs more than reading it back. */
  readonly expensive: boolean;
}

const CHEAP: ReadonlySet<string> = new Set([
  'assertBetween',
  'add',
  'sub',
  'mul',
  'strongMul',
  'strongProduct',
  'neg',
  'abs',
  'square',
  'relu',
  'cast',
  'where',
  'maximum',
  'minimum',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'logicalAnd',
  'logicalOr',
  'logicalXor',
  'logicalNot',
  'isNan',
  'isInf',
  'isFinite',
  'floor',
  'ceil',
  'round',
  'trunc',
  'sign',
]);

/** Whether an element function costs an instruction or two. */
export function isCheap(op: string): boolean {
  return CHEAP.has(op);
}

export function analyseBody(kernel: LoopKernel, nest: Nest): readonly ScalarFacts[] {
  const facts: ScalarFacts[] = [];
  const varying = (strides: readonly number[]): Pick<ScalarFacts, 'depth' | 'perLane'> => ({
    depth: strides.reduce((deepest, stride, level) => (stride !== 0 ? level : deepest), -1),
    perLane: (strides[nest.vector] ?? 0) !== 0,
  });
  for (const scalar of kernel.body) facts.push(factsOf(scalar));
  return facts;

  function factsOf(scalar: Scalar): ScalarFacts {
    switch (scalar.kind) {
      case 'const':
        return { depth: -1, perLane: false, phase: 0, expensive: false };
      case 'load':
        return { ...varying(nest.inputs[scalar.input]?.strides ?? []), phase: 0, expensive: false };
      case 'index':
        return {
          ...varying(nest.coordinates.get(scalar.dim)?.strides ?? []),
          phase: 0,
          expensive: false,
        };
      case 'reduce': {
        const arg = facts[scalar.arg] as ScalarFacts;
        return {
          depth: nest.outer - 1,
          perLane: nest.vector < nest.outer && arg.perLane,
          phase: arg.phase + 1,
          expensive: false,
        };
      }
      case 'op': {
        const args = scalar.args.map((arg) => facts[arg] as ScalarFacts);
        return {
          depth: Math.max(-1, ...args.map((arg) => arg.depth)),
          perLane: args.some((arg) => arg.perLane),
          phase: Math.max(0, ...args.map((arg) => arg.phase)),
          expensive: !CHEAP.has(scalar.op) || args.some((arg) => arg.expensive),
        };
      }
    }
  }
}

/** All scalars that `roots` depend on, not going beyond those for which `stop` says that their value is known. */
export function closure(
  body: readonly Scalar[],
  roots: readonly number[],
  stop: (i: number) => boolean,
): number[] {
  const seen = new Set<number>();
  const pending = [...roots];
  for (let i = pending.pop(); i !== undefined; i = pending.pop()) {
    if (seen.has(i)) continue;
    seen.add(i);
    const scalar = body[i] as Scalar;
    if (scalar.kind === 'op' && !stop(i)) pending.push(...scalar.args);
  }
  return [...seen].sort((x, y) => x - y);
}
