/**
 * @file A product as a function of its own, `(numbers, a, b, scratch, c, accumulate)`: its numbers are a block within the
 * kernel's block.
 */
import type { FunctionBuilder, ModuleBuilder, Word } from '../assembler/moduleBuilder.js';
import { blasLayouts, callGemm } from '../../node.js';
import { Block } from '../assembler/block.js';
import { BlockedProduct } from './blockedProduct.js';
import { blockingOf, scratchLayoutOf } from './blocking.js';
import type { Product } from './blocking.js';
import type { KernelContext } from '../assembler/kernelFunction.js';
import { tiling } from './microKernel.js';
import { scratchWords, wordsOf } from './productBlock.js';

export interface BlockProduct {
  /** Products with equal keys share one function. */
  readonly key: string;
  /** Bytes from the beginning of the kernel's block to the numbers. */
  readonly at: number;
  /** Scratch bytes for packed panels, after the first `FOLD_BYTES`. */
  readonly packed: number;
  readonly usesBlas: boolean;
  write(module: ModuleBuilder): FunctionBuilder;
}

/** Adds the numbers of a product to a kernel's block. If `accumulate` is not 0, the product is added to C. */
export function planBlockProduct(
  block: Block,
  product: Product,
  size: 4 | 8,
  context: KernelContext,
): BlockProduct {
  const numbers = new Block();
  const sizes = wordsOf(numbers, product);
  const [a, b, c, accumulate] = [1, 2, 4, 5];
  const functionOf = (module: ModuleBuilder): FunctionBuilder =>
    module.function(['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], []);

  const layouts = context.blas ? blasLayouts(product, size) : null;
  if (layouts !== null) {
    const leading = [layouts.a, layouts.b, layouts.c].map((x) => numbers.number(x.leading));
    const [lda, ldb, ldc] = leading as [Word, Word, Word];
    return {
      key: `gemm ${layouts.a.transposed}${layouts.b.transposed}`,
      at: block.append(numbers),
      packed: 0,
      usesBlas: true,
      write: (module) => {
        const f = functionOf(module);
        const { m, n, k } = sizes;
        const add = { local: accumulate };
        const at = { a: { local: a }, lda, b: { local: b }, ldb, c: { local: c }, ldc };
        callGemm(module, f, size, layouts, { m, n, k, ...at, add });
        return f;
      },
    };
  }
  const t = tiling(size === 4 ? 'float32' : 'float64', context);
  const blocking = blockingOf(t, product);
  const place = scratchLayoutOf(t, product, blocking);
  const scratch = scratchWords(numbers, place);
  return {
    key: `${blocking.packing ?? 'place'} ${blocking.copiesA} ${blocking.rowMajor} ${blocking.scales}`,
    at: block.append(numbers),
    packed: Math.ceil(place.bytes / 64) * 64,
    usesBlas: false,
    write: (module) => {
      const f = functionOf(module);
      const blocked = new BlockedProduct(module, f, t, sizes, blocking, scratch);
      blocked.write(a, b, c, undefined, undefined, accumulate);
      return f;
    },
  };
}
