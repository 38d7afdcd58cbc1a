/**
 * @file Merges loops over the results of a product into its kernel: bias and activation of a layer, the update of a weight. The
 * results of the product are never stored.
 */
import type { LoopKernel, MatmulKernel } from '../../../engine/compile/kernel.js';
import type { Lowered } from '../../../engine/compile/lower.js';
import type { ConvKernel } from '../../../engine/compile/operators.js';
import type { Access } from '../../../engine/compile/bufferRef.js';
import type { Window } from '../../../engine/compile/windows.js';
import { sizeOf } from '../../../graph/shape.js';
import type { ScoresStep } from '../attention/attention.js';
import { Uses } from './uses.js';
import { DIVISIONS } from '../wgsl/body.js';
import { sizesOf } from '../wgsl/convolution/sizes.js';
import type { Epilogue } from '../wgsl/epilogue.js';

/** The most scalars of a body with a merged loop. */
const MAX_SCALARS = 48;

export type Product = MatmulKernel | ConvKernel;

/** A product, and the loop over its results. */
export interface ProductStep {
  readonly kind: 'product';
  readonly kernel: Product;
  readonly loop: LoopKernel;
  readonly epilogue: Epilogue;
  readonly slots: readonly number[];
}

type StepBeforeFusion = Lowered | ScoresStep;

/** The steps, where a product whose results only one loop reads, element by element, moves to the place of the loop. */
export function fuseEpilogues(
  steps: readonly StepBeforeFusion[],
  outputs: readonly number[],
  windows: readonly Window[],
): (StepBeforeFusion | ProductStep)[] {
  const uses = new Uses(steps, outputs, windows);
  const gone = new Set<number>();
  const made = new Map<number, ProductStep>();
  steps.forEach((step, at) => {
    const product = productOf(step);
    if (product === null || step.kind !== 'kernel') return;
    const { buffer } = product.out;
    const [reader, ...others] = uses.readersOf(buffer);
    if (reader === undefined || others.length > 0 || uses.isStored(buffer)) return;
    if (reader <= at || made.has(reader) || uses.writersOf(buffer).length > 1) return;
    const operands = product.kind === 'matmul' ? [product.a, product.b] : product.inputs;
    // The operands must still exist when the loop runs.
    if (operands.some((x) => uses.writersOf(x.buffer).some((w) => w > at && w <= reader))) return;
    const loop = steps[reader]!;
    if (loop.kind !== 'kernel' || loop.kernel.kind !== 'loop') return;
    const epilogue = epilogueOf(loop.kernel, product);
    if (epilogue === null) return;
    gone.add(at);
    const slots = [...step.slots, ...loop.slots];
    made.set(reader, { kind: 'product', kernel: product, loop: loop.kernel, epilogue, slots });
  });
  return steps.flatMap((step, at) => (gone.has(at) ? [] : [made.get(at) ?? step]));
}

/** A product whose results are contiguous in a buffer of their own. */
function productOf(step: StepBeforeFusion): Product | null {
  if (step.kind !== 'kernel') return null;
  const { kernel } = step;
  if (kernel.kind === 'conv') return kernel;
  if (kernel.kind !== 'matmul' || kernel.out.dtype !== 'float32') return null;
  const { batch, m, n, out } = kernel;
  return isWhole(out, [...batch, m, n]) ? kernel : null;
}

/** Whether an access traverses contiguous elements in order. */
function isWhole({ offset, strides }: Access, sizes: readonly number[]): boolean {
  let next = 1;
  for (let d = sizes.length - 1; d >= 0; d--) {
    if (sizes[d]! > 1 && strides[d] !== next) return false;
    next *= sizes[d]!;
  }
  return offset === 0;
}

/** The loop with its dimensions in the order of the product's results; null if it does not visit each of them once. */
function epilogueOf(loop: LoopKernel, product: Product): Epilogue | null {
  const { outer, inner, inputs, outputs, body } = loop;
  if (inner.length > 0 || body.length > MAX_SCALARS) return null;
  // A division by 0 is reported by its position in the loop.
  if (body.some((s) => s.kind === 'index' || (s.kind === 'op' && DIVISIONS.has(s.op)))) return null;
  const [from, ...more] = inputs.flatMap((x, k) => (x.buffer === product.out.buffer ? [k] : []));
  if (from === undefined || more.length > 0) return null;
  const { strides } = inputs[from]!;
  const dims = outer
    .map((_, d) => d)
    .filter((d) => outer[d]! > 1)
    .sort((d, e) => strides[e]! - strides[d]!);
  const sizes = dims.map((d) => outer[d]!);
  const results =
    product.kind === 'matmul'
      ? sizeOf(product.batch) * product.m * product.n
      : sizeOf(sizesOf(product));
  const arranged = <A extends Access>(x: A): A => ({
    ...x,
    strides: dims.map((d) => x.strides[d]!),
  });
  if (sizeOf(sizes) !== results || !isWhole(arranged(inputs[from]!), sizes)) return null;
  // The result of the product becomes the last input.
  const numberOf = (k: number): number => (k === from ? inputs.length - 1 : k > from ? k - 1 : k);
  return {
    sizes,
    inputs: inputs.filter((_, k) => k !== from).map(arranged),
    body: body.map((s) => (s.kind === 'load' ? { ...s, input: numberOf(s.input) } : s)),
    outputs: outputs.map(arranged),
  };
}
