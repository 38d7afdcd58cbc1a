/** @file Counts what kernels do, in operations and bytes, for profiles. */
import type { Kernel } from './kernel.js';
import { operatorFlops, type OperatorKernel } from './operators.js';
import type { Work } from '../program.js';
import { itemSize } from '../../graph/dtype.js';
import { sizeOf } from '../../graph/shape.js';

/** The work of some kernels together. */
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
      const { name, moved } = sizesOf(kernel);
      flops += operatorFlops(kernel);
      bytes += itemSize[kernel.out.dtype] * moved;
      names.push(`${kernel.kind} ${name}`);
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

/** An operator's sizes as text, and about how many elements it reads and writes. */
function sizesOf(kernel: OperatorKernel): { readonly name: string; readonly moved: number } {
  switch (kernel.kind) {
    case 'conv': {
      const { batch, groups, inChannels, outChannels, size, outSize, window } = kernel;
      const maps = batch * groups * (inChannels * sizeOf(size) + outChannels * sizeOf(outSize));
      const shape = [batch, groups * inChannels, ...size].join('×');
      return {
        name: `${shape} → ${groups * outChannels}, ${window.join('×')}`,
        moved: maps + groups * inChannels * outChannels * sizeOf(window),
      };
    }
    case 'index':
      return { name: `[${kernel.space.join(', ')}]`, moved: 2 * sizeOf(kernel.space) };
    case 'pool': {
      const size = kernel.spans.map((span) => span.size);
      const places = kernel.spans.map((span) => span.starts.length);
      return {
        name: `${[kernel.planes, ...size].join('×')} → ${places.join('×')}`,
        moved: kernel.planes * (sizeOf(size) + sizeOf(places)),
      };
    }
    case 'position':
    case 'cumulative':
    case 'sort': {
      const { outer, length, inner } = kernel;
      return { name: `${outer}×${length}×${inner}`, moved: 2 * outer * length * inner };
    }
    case 'search': {
      const { rows, each, length } = kernel;
      return { name: `${rows}×${each} in ${length}`, moved: rows * (2 * each + length) };
    }
    case 'distance':
    case 'pull': {
      const { batch, rows, columns, length } = kernel;
      const moved = batch * ((rows + columns) * length + rows * columns);
      return { name: `${batch}×${rows}×${columns}×${length}`, moved };
    }
    case 'fourier': {
      const { outer, length, inner } = kernel;
      return { name: `${outer}×${length}×${inner}`, moved: 4 * outer * length * inner };
    }
    case 'join': {
      const row = kernel.lengths.reduce((sum, n) => sum + n, 0);
      return { name: `${kernel.inputs.length} pieces`, moved: 2 * kernel.rows * row };
    }
    case 'random':
      return { name: `${kernel.count}`, moved: kernel.count };
  }
}
