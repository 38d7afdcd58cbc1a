/** @file Products added to a tensor: `β · input + α · product`. */
import { defineOptions } from '../../../arguments/index.js';
import * as kinds from '../../../arguments/kinds.js';
import { DTypeError, ShapeError } from '../../../errors.js';
import { show } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { checkExpand, sumOver } from '../../build/broadcast.js';
import { composite, operand } from '../../build/define.js';
import { add, castNode, strongMul } from '../../build/element.js';
import { mul } from '../../build/fieldOperations.js';
import { bmm, mv, outer, type AddmmOptions } from '../matrix.js';

const addOptions = defineOptions<AddmmOptions>({ beta: kinds.number, alpha: kinds.number });

type Added = (input: Tensor, x: Tensor, y: Tensor, options?: AddmmOptions) => Tensor;

function added(
  op: string,
  ranks: readonly [number, number],
  f: (x: Tensor, y: Tensor) => Tensor,
): Added {
  return composite(op, (input: Tensor, x: Tensor, y: Tensor, options?: AddmmOptions): Tensor => {
    const { beta = 1, alpha = 1 } = addOptions(op, options);
    const [c, a, b] = [operand(op, input), operand(op, x), operand(op, y)];
    if (a.dtype !== b.dtype || c.dtype !== a.dtype)
      throw new DTypeError(
        `${op}: the dtypes differ: ${[c, a, b].map((t) => t.dtype).join(', ')}; cast them to one`,
      );
    if (a.ndim !== ranks[0] || b.ndim !== ranks[1]) {
      throw new ShapeError(
        `${op}: expected operands of ${ranks[0]} and ${ranks[1]} dimensions, got ${show(a.sizes)} and ${show(b.sizes)}`,
      );
    }
    const product = f(a, b);
    checkExpand(op, c.sizes, product.sizes);
    const scaled = alpha === 1 ? product : castNode(mul(product, alpha), product.dtype);
    const base = beta === 1 ? c : beta === 0 ? strongMul(0, c) : castNode(mul(c, beta), c.dtype);
    return add(base, scaled);
  });
}

/**
 * `β · input + α · (mat @ vec)`: `[m]`, `[m, k]`, `[k]`; the input broadcasts, and is ignored if β = 0.
 * PyTorch: `torch.addmv`.
 * @example addmv(tensor([1, 1]), tensor([[1, 2], [3, 4]]), tensor([1, 1])) // [4, 8]
 */
export const addmv: Added = added('addmv', [2, 1], (x, y) => mv(x, y));

/**
 * `β · input + α · (v₁ v₂ᵀ)`: `[m, n]`, `[m]`, `[n]`; the input broadcasts. PyTorch: `torch.addr`.
 * @example addr(zeros([2, 2]), tensor([1, 2]), tensor([3, 4])) // [[3, 4], [6, 8]]
 */
export const addr: Added = added('addr', [1, 1], (x, y) => outer(x, y));

/**
 * `β · input + α · Σ (x[b] @ y[b])`: `[m, n]`, `[b, m, k]`, `[b, k, n]`; the input broadcasts. PyTorch: `torch.addbmm`.
 * @example addbmm(zeros([2, 4]), ones([5, 2, 3]), ones([5, 3, 4])).shape // [2, 4]
 */
export const addbmm: Added = added('addbmm', [3, 3], (x, y) =>
  sumOver([bmm(x, y)], { dims: [0], keepdim: false }),
);

/**
 * `β · input + α · (x @ y)` for each of a batch: `[b, m, n]`, `[b, m, k]`, `[b, k, n]`. PyTorch: `torch.baddbmm`.
 * @example baddbmm(zeros([5, 2, 4]), ones([5, 2, 3]), ones([5, 3, 4])).shape // [5, 2, 4]
 */
export const baddbmm: Added = added('baddbmm', [3, 3], (x, y) => bmm(x, y));
