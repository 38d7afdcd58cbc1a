/** @file The errors for values that a kernel refused: the same as on the CPU. */
import type { Instruction } from '../../engine/program.js';
import { ChainruleError } from '../../errors.js';
import { outOfRange, outOfBounds, type Bounds } from '../../graph/outOfBounds.js';
import type { GpuRuntime } from './runtime.js';
import type { Refusal } from './wgsl/shader.js';

/** `base` is the address in the heap from which `position` counts, `noted` the word there if a kernel has noted it. */
export async function explainRefusal(
  { op, attrs }: Instruction,
  { kind, limit, place, op: one }: Refusal,
  position: number,
  base: number,
  noted: number | null,
  runtime: GpuRuntime,
): Promise<ChainruleError> {
  const name = one ?? op?.name ?? 'evaluate';
  const word =
    place === null || noted !== null
      ? Uint32Array.of(noted ?? 0).buffer
      : await runtime.peek(base + position);
  const value = place?.dtype === 'float32' ? new Float32Array(word)[0]! : new Int32Array(word)[0]!;
  switch (kind) {
    case 'index': {
      const dim = Number((attrs as { dim?: number } | null)?.dim ?? 0);
      const what = String((attrs as { what?: string } | null)?.what ?? `${name}: index`);
      return outOfRange(what, value, limit, position, dim);
    }
    case 'divisor':
      return new ChainruleError(
        `${name}: integer division by zero, for element ${position} of the result; ` +
          "cast to a float dtype for ±Inf and NaN: x.cast('float32')",
      );
    case 'between':
      return outOfBounds(attrs as unknown as Bounds, value, position);
    case 'singular': {
      const opName = String((attrs as { op?: string } | null)?.op ?? name);
      return new ChainruleError(`${opName}: matrix ${position} is singular, so it has no inverse`);
    }
    case 'notPositive':
      return new ChainruleError(`linalg.${name}: matrix ${position} is not positive definite`);
  }
}
