/** @file What kernels do, in operations and bytes, for profiles. */
import { operatorFlops, type Kernel } from '../../engine/kernel.js';
import type { Work } from '../../engine/program.js';
import { itemSize } from '../../graph/dtype.js';
import { sizeOf } from '../../graph/shape.js';

/** What kernels do, for profiles. */
export function workOf(kernels: readonly Kernel[], operations: readonly string[]): Work {
  let flops = 0;
  let bytes = 0;
  const names: string[] = [];
  for (const kernel of kernels) {
    if (kernel.kind === 'loop') {
      const points = sizeOf(kernel.outer) * sizeOf(kernel.inner);
      flops += points * kernel.body.filter((x) => x.kind === 'op' || x.kind === 'reduce').length;
      for (const { dtype, strides } of [...kernel.inputs, ...kernel.outputs]) {
        const shape = [...kernel.outer, ...kernel.inner];
        bytes += itemSize[dtype] * strides.reduce((n, s, d) => (s === 0 ? n : n * shape[d]!), 1);
      }
      names.push(
        `loop [${kernel.outer.join(', ')}]${kernel.inner.length > 0 ? ` over [${kernel.inner.join(', ')}]` : ''}`,
      );
    } else if (kernel.kind !== 'matmul') {
      flops += operatorFlops(kernel);
      names.push(kernel.kind);
    } else {
      const { batch, m, n, k } = kernel;
      const count = sizeOf(batch);
      flops += 2 * count * m * n * k;
      bytes += itemSize[kernel.out.dtype] * count * (m * k + k * n + m * n);
      names.push(`matmul ${batch.length > 0 ? `${batch.join('×')} × ` : ''}${m}×${n}×${k}`);
    }
  }
  return {
    name: names.length === 1 ? names[0]! : `${names.length} kernels`,
    operations,
    flops,
    bytes,
  };
}
