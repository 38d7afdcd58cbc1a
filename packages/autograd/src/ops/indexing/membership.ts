/** @file Which elements occur among others. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import type { Tensor } from '../../graph/tensor.js';
import { expandNode, reshapeNode } from '../build/broadcast.js';
import { composite, operand, resultType, type Operand, type SameShape } from '../build/define.js';
import { castNode } from '../build/element.js';
import { filled } from '../build/primitive.js';
import { eq, gt, logicalNot } from '../build/relations.js';
import { minimum } from '../elements/arithmetic.js';
import { maxOver } from '../reductions/fold.js';
import { argsortOf } from './argsort.js';
import { takeOf } from './take.js';
import { searchPositions } from './search.js';

/** Options of `isIn`. */
export interface IsInOptions {
  /** Whether no element occurs twice. Has no effect; accepted for code from PyTorch. */
  readonly assumeUnique?: boolean;
  /** Whether to find elements that are not in `test`. Default false. */
  readonly invert?: boolean;
}

const isInOptions = defineOptions<IsInOptions>({ assumeUnique: kinds.flag, invert: kinds.flag });

/** Up to this many are compared one by one rather than sorted. */
const MAX_COMPARED = 16;

/**
 * Whether each element of `x` is equal to one of `test`, a tensor of any shape or a number; NaN equals nothing.
 * PyTorch: `torch.isin`.
 * @example isIn(tensor([1, 2, 3]), tensor([2, 5])) // [false, true, false]
 */
export const isIn = composite(
  'isIn',
  (x: Operand, test: Operand, options?: IsInOptions): Tensor => {
    const { invert = false } = isInOptions('isIn', options);
    const dtype = resultType(x, test);
    const [node, others] = [x, test].map((z) => castNode(operand('isIn', z, dtype), dtype)) as [
      Tensor,
      Tensor,
    ];
    const found = isAmong(node, reshapeNode(others, [others.size]));
    return invert ? logicalNot(found) : found;
  },
) as SameShape<[test: Operand, options?: IsInOptions]>;

function isAmong(x: Tensor, others: Tensor): Tensor {
  const n = others.size;
  if (n === 0 || x.size === 0) return filled(0, x.sizes, 'bool');
  if (n <= MAX_COMPARED) {
    const pairs = eq(
      reshapeNode(x, [...x.sizes, 1]),
      expandNode(others, [...x.sizes.map(() => 1), n]),
    );
    // As floats, because only extremes of floats run as a loop.
    return gt(maxOver([castNode(pairs, 'float32')], { dims: [x.ndim], keepdim: false }), 0);
  }
  const sorted = takeOf([others, argsortOf([others], { dim: 0, descending: false })], { dim: 0 });
  const place = minimum(searchPositions([sorted, x], { right: false }), n - 1);
  return eq(takeOf([sorted, place], { dim: 0 }), x);
}
