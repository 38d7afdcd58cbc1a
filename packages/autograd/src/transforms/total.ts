/** @file The sum of all that flows back to one node. */
import type { Tensor } from '../graph/tensor.js';
import { constantOp } from '../graph/version.js';
import { filled, sumOf } from '../ops/build/primitive.js';

/** What flows back through a slice: a part, and where along one dimension it lies. */
interface Part {
  readonly part: Tensor;
  /** Joins such parts; a program without slices has none of this. */
  readonly join: (parts: readonly Tensor[], dim: number) => Tensor;
  readonly dim: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The sum of cotangents of one shape. Those of slices side by side, such as the steps of a sequence or the gates of a
 * cell, are put together once, instead of being padded with zeros and added up.
 */
export function total(cts: readonly Tensor[]): Tensor {
  if (cts.length === 1) return cts[0] as Tensor;
  const parts = new Map<Tensor, Part>();
  for (const ct of cts) {
    const part = partOf(ct);
    if (part !== null) parts.set(ct, part);
  }
  for (const dim of new Set(Array.from(parts.values(), (p) => p.dim))) {
    const along = [...parts]
      .filter(([, p]) => p.dim === dim)
      .sort(([, p], [, q]) => p.start - q.start);
    const disjoint = along.every(
      ([, p], i) => i === 0 || p.start >= (along[i - 1] as [Tensor, Part])[1].end,
    );
    if (along.length < 2 || !disjoint) continue;
    const used = new Set(along.map(([ct]) => ct));
    const whole = joined(
      along.map(([, p]) => p),
      (cts[0] as Tensor).sizes,
      dim,
    );
    return total([...cts.filter((ct) => !used.has(ct)), whole]);
  }
  return sumOf(cts) as Tensor;
}

/** The slice that a cotangent comes from, if it lies in one dimension without steps. */
function partOf(ct: Tensor): Part | null {
  const lowering = ct.op?.lowering;
  if (lowering?.kind !== 'parts' || lowering.join === undefined || ct.cell !== null) return null;
  const [part, value] = ct.inputs as readonly [Tensor, Tensor];
  if (value.op !== (constantOp as unknown) || value.attrs?.['value'] !== 0) return null;
  const { start, step } = ct.attrs as unknown as {
    start: readonly number[];
    step: readonly number[];
  };
  if (step.some((s) => s !== 1)) return null;
  const cut = ct.sizes.flatMap((n, d) => (part.sizes[d] === n ? [] : [d]));
  const [dim] = cut;
  if (cut.length !== 1 || dim === undefined) return null;
  const at = start[dim] as number;
  return { part, join: lowering.join, dim, start: at, end: at + (part.sizes[dim] as number) };
}

/** Parts in order, zeros between them. */
function joined(parts: readonly Part[], shape: readonly number[], dim: number): Tensor {
  const pieces: Tensor[] = [];
  let at = 0;
  const zeros = (until: number, like: Tensor): void => {
    if (until > at)
      pieces.push(
        filled(
          0,
          shape.map((n, d) => (d === dim ? until - at : n)),
          like.dtype,
        ),
      );
  };
  for (const { part, start, end } of parts) {
    zeros(start, part);
    pieces.push(part);
    at = end;
  }
  const last = parts.at(-1) as Part;
  zeros(shape[dim] as number, last.part);
  return last.join(pieces, dim);
}
