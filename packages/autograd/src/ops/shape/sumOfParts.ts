/** @file The sum of all cotangents of one node, if some of them come from slices. */
import type { Primitive } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import { constantOp } from '../../graph/version.js';
import { filled, sumOf } from '../build/primitive.js';

/** The cotangent of a slice: its part, the dimension and range in which that lies, and the same padded with zeros, if known. */
interface Part {
  readonly part: Tensor;
  /** Joins such parts. */
  readonly join: (parts: readonly Tensor[], dim: number) => Tensor;
  readonly dim: number;
  readonly start: number;
  readonly end: number;
  readonly padded: Tensor | null;
}

/**
 * The sum of cotangents of one shape. Those of slices, such as the steps of a sequence, the gates of a cell or overlapping
 * windows, are concatenated, in as few layers as their overlaps allow, instead of being padded with zeros and added one by
 * one. Those of slices whose positions are operands are added by one node, one after the other.
 */
export function sumOfParts(cts: readonly Tensor[]): Tensor {
  const terms: Tensor[] = [];
  const byDim = new Map<number, Part[]>();
  const partsByPosition = new Map<string, Tensor[]>();
  for (const ct of cts) {
    const part = partOf(ct);
    const parts = part === null ? undefined : byDim.get(part.dim);
    const key = part === null ? placedKey(ct) : null;
    if (key !== null) partsByPosition.set(key, [...(partsByPosition.get(key) ?? []), ct]);
    else if (part === null) terms.push(ct);
    else if (parts === undefined) byDim.set(part.dim, [part]);
    else parts.push(part);
  }
  for (const [dim, parts] of byDim) {
    for (const layer of disjointLayers(parts)) {
      const padded = layer.length === 1 ? layer[0]?.padded : null;
      terms.push(padded ?? joined(layer, (cts[0] as Tensor).sizes, dim));
    }
  }
  for (const pads of partsByPosition.values()) {
    const { lowering } = (pads[0] as Tensor).op as Primitive;
    if (lowering.kind === 'dynamicParts') terms.push(lowering.join(pads));
  }
  return sumOf(terms) as Tensor;
}

/** A key of padded parts that can be summed in one node, whatever their positions; null for other cotangents. */
function placedKey({ op, cell, inputs, attrs }: Tensor): string | null {
  if (op?.lowering.kind !== 'dynamicParts' || cell !== null) return null;
  const { start, step, dims, parts } = op.lowering.dynamic(attrs ?? {});
  const [part, filling] = inputs; // none if its value is known already, as that of a given gradient
  if (part === undefined || parts !== 1 || !isZero(filling)) return null;
  return [start, step, dims, part.sizes].join(';');
}

function isZero(filling: Tensor | undefined): boolean {
  return filling?.op === (constantOp as unknown) && filling?.attrs?.['value'] === 0;
}

/** Sorts parts into layers in which none overlap, in order of position; parts of the same slice are added up first. */
function disjointLayers(parts: readonly Part[]): Part[][] {
  const layers: Part[][] = [];
  const inOrder = [...parts].sort((p, q) => p.start - q.start || p.end - q.end);
  for (let i = 0; i < inOrder.length;) {
    const first = inOrder[i] as Part;
    const same: Part[] = [];
    for (; inOrder[i]?.start === first.start && inOrder[i]?.end === first.end; i++)
      same.push(inOrder[i] as Part);
    const layer = layers.find((others) => (others.at(-1) as Part).end <= first.start);
    const sum = sumOf(same.map(({ part }) => part)) as Tensor;
    const placed = same.length === 1 ? first : { ...first, part: sum, padded: null };
    if (layer === undefined) layers.push([placed]);
    else layer.push(placed);
  }
  return layers;
}

/** The part of a cotangent that comes from a slice, if it is a contiguous range of one dimension. */
function partOf(ct: Tensor): Part | null {
  const lowering = ct.op?.lowering;
  if (lowering?.kind !== 'parts' || lowering.join === undefined || ct.cell !== null) return null;
  const [part, filling] = ct.inputs; // as above
  if (part === undefined || !isZero(filling)) return null;
  const { start, step } = ct.attrs as unknown as {
    start: readonly number[];
    step: readonly number[];
  };
  if (step.some((s) => s !== 1)) return null;
  const cut = ct.sizes.flatMap((n, d) => (part.sizes[d] === n ? [] : [d]));
  const [dim] = cut;
  if (cut.length !== 1 || dim === undefined) return null;
  const at = start[dim] as number;
  const { join } = lowering;
  return { part, join, dim, start: at, end: at + (part.sizes[dim] as number), padded: ct };
}

/** Concatenates parts, with zeros between them. */
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
