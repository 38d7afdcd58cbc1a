/**
 * @file Sums that a program adds up one by one, as in `loss = loss.add(…)`, or the gradient of a bias that many steps use. As
 * the engine fuses them, each loop adds its own sum to that of the one before, and waits for it. Here the loops only store their
 * sums, so that all run in one dispatch, and one more loop adds these up, in the same order.
 */
import type { Access, BufferRef } from '../../../engine/compile/bufferRef.js';
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Lowered } from '../../../engine/compile/lower.js';
import type { Window } from '../../../engine/compile/windows.js';
import type { DType } from '../../../graph/dtype.js';
import { sizeOf } from '../../../graph/shape.js';
import { touched, Uses } from './uses.js';

/** The most sums that one loop adds up. */
const MAX_TERMS = 64;
/** The most elements of a sum: all are stored at once. */
const MAX_SIZE = 2 ** 16;

/** A loop whose output adds sums of its own to a value that it reads. */
interface Link {
  readonly at: number;
  readonly kernel: LoopKernel;
  readonly slots: readonly number[];
  /** The input to which it adds, and its output. */
  readonly input: number;
  readonly output: number;
  /** The sums, in the order in which they are added. */
  readonly terms: readonly number[];
}

/** The steps, with sums that are added up one by one stored and added together. `scratch` makes a buffer for them. */
export function gatherSums(
  steps: readonly Lowered[],
  outputs: readonly number[],
  windows: readonly Window[],
  scratch: (words: number, dtype: DType) => BufferRef,
): Lowered[] {
  const uses = new Uses(steps, outputs, windows);
  const result = steps.map((step): Lowered[] => [step]);
  const done = new Set<number>();
  steps.forEach((_, at) => {
    if (done.has(at)) return;
    const chain: Link[] = [];
    for (let link = linkAt(steps, at, null); link !== null;) {
      chain.push(link);
      link = next(link, steps, uses);
    }
    if (chain.length < 2 || isChanged(chain, uses)) return;
    for (const link of chain) done.add(link.at);
    const replaced = withSums(chain, scratch);
    // Loops of different texts do not become one dispatch.
    const forms = new Set(Array.from(replaced.values(), ([own]) => formOf(own!)));
    if (forms.size + 1 >= chain.length) return;
    for (const [k, replacement] of replaced) result[k] = replacement;
  });
  return result.flat();
}

/** Whether a step in between writes what the first link reads, which is now read later. */
function isChanged(chain: readonly Link[], uses: Uses): boolean {
  const { kernel, input, at } = chain[0]!;
  return uses.writersOf(kernel.inputs[input]!.buffer).some((w) => w >= at);
}

/** What has to be equal for two loops to have the same text. */
function formOf(step: Lowered): string {
  if (step.kind !== 'kernel' || step.kernel.kind !== 'loop') return '';
  const { outer, inner, body, outputs } = step.kernel;
  return JSON.stringify([outer.length, inner.length, body, outputs.map(({ value }) => value)]);
}

/** Whether a link needs another result of an earlier one, so that it waits for it anyway. */
function waitsFor(earlier: Link, later: Link, steps: readonly Lowered[]): boolean {
  const { outputs } = earlier.kernel;
  const needed = new Set(
    outputs.filter((_, k) => k !== earlier.output).map(({ buffer }) => buffer),
  );
  if (needed.size === 0) return false;
  for (let at = earlier.at + 1; at <= later.at; at++) {
    const { reads, writes } = touched(steps[at]!);
    if (!reads.some((buffer) => needed.has(buffer))) continue;
    if (at === later.at) return true;
    for (const buffer of writes) needed.add(buffer);
  }
  return false;
}

/** The link that alone reads the output of another one. */
function next(link: Link, steps: readonly Lowered[], uses: Uses): Link | null {
  const from = link.kernel.outputs[link.output]!;
  const [reader, ...others] = uses.readersOf(from.buffer);
  const isShared = others.length > 0 || uses.writersOf(from.buffer).length > 1;
  if (reader === undefined || reader <= link.at || isShared || uses.isStored(from.buffer))
    return null;
  const found = linkAt(steps, reader, from.buffer);
  if (found === null || !sameRows(link.kernel, found.kernel)) return null;
  if (waitsFor(link, found, steps)) return null;
  const { offset, strides } = found.kernel.inputs[found.input]!;
  const isSame = (n: number, d: number): boolean => n === 1 || strides[d] === from.strides[d];
  return offset === from.offset && link.kernel.outer.every(isSame) ? found : null;
}

function sameRows(a: LoopKernel, b: LoopKernel): boolean {
  return a.outer.length === b.outer.length && a.outer.every((n, d) => n === b.outer[d]);
}

/** The loop at a step as a link that adds to `buffer`, or to whatever it reads if that is null. */
function linkAt(steps: readonly Lowered[], at: number, buffer: number | null): Link | null {
  const step = steps[at]!;
  if (step.kind !== 'kernel' || step.kernel.kind !== 'loop') return null;
  const { kernel, slots } = step;
  if (kernel.inner.length === 0 || sizeOf(kernel.outer) > MAX_SIZE) return null;
  const uses = usesOf(kernel);
  for (const [output, { value, strides }] of kernel.outputs.entries()) {
    if (strides.length > kernel.outer.length || uses[value] !== 1) continue;
    const found = termsOf(kernel.body, value, uses);
    if (found === null || (buffer !== null && kernel.inputs[found.input]!.buffer !== buffer))
      continue;
    if (
      kernel.body.some((s, v) => s.kind === 'load' && s.input === found.input && v !== found.load)
    )
      continue;
    const { input, terms } = found;
    return { at, kernel, slots, output, input, terms };
  }
  return null;
}

/** How often each scalar is used, as an argument or an output. */
function usesOf({ body, outputs }: LoopKernel): number[] {
  const counts = body.map(() => 0);
  for (const s of body) for (const x of argumentsOf(s)) counts[x]!++;
  for (const { value } of outputs) counts[value]!++;
  return counts;
}

function argumentsOf(s: Scalar): readonly number[] {
  return s.kind === 'op' ? s.args : s.kind === 'reduce' ? [s.arg] : [];
}

/** A value as an input plus sums over the inner space; null if it is something else. */
function termsOf(
  body: readonly Scalar[],
  value: number,
  uses: readonly number[],
): { input: number; load: number; terms: number[] } | null {
  const folds: boolean[] = [];
  for (const s of body) folds.push(s.kind === 'reduce' || argumentsOf(s).some((x) => folds[x]));
  const terms: number[] = [];
  let v = value;
  for (;;) {
    const s = body[v]!;
    if (uses[v] !== 1) return null;
    if (s.kind === 'load') return terms.length > 0 ? { input: s.input, load: v, terms } : null;
    if (s.kind !== 'op' || s.op !== 'add') return null;
    const [a, b] = s.args as readonly [number, number];
    const isSpine = (x: number): boolean => body[x]!.kind === 'load' || addsLoad(body, x);
    const rest = isSpine(a) ? a : isSpine(b) ? b : null;
    if (rest === null) return null;
    const term = rest === a ? b : a;
    if (!folds[term]) return null;
    terms.unshift(term);
    v = rest;
  }
}

/** Whether a value is a chain of additions that ends in an input. */
function addsLoad(body: readonly Scalar[], value: number): boolean {
  const s = body[value]!;
  if (s.kind === 'load') return true;
  return s.kind === 'op' && s.op === 'add' && s.args.some((x) => addsLoad(body, x));
}

/** The steps of a chain: those at its links without their additions, and the loop that adds up their sums after the last. */
function withSums(
  chain: readonly Link[],
  scratch: (words: number, dtype: DType) => BufferRef,
): Map<number, Lowered[]> {
  const { outer } = chain[0]!.kernel;
  const sums: Access[] = [];
  const replaced = new Map<number, Lowered[]>();
  for (const { at, kernel, slots, input, output, terms } of chain) {
    const { dtype } = kernel.outputs[output]!;
    const own = terms.map((value) => ({
      ...scratch(sizeOf(outer), dtype),
      strides: contiguous(outer),
      value,
    }));
    for (const { value: _, ...access } of own) sums.push(access);
    const kept = kernel.outputs.filter((_, k) => k !== output);
    const without = withoutUnused({ ...kernel, outputs: [...kept, ...own] }, input);
    replaced.set(at, [{ kind: 'kernel', kernel: without, slots }]);
  }
  const first = chain[0]!;
  const last = chain.at(-1)!;
  const start = first.kernel.inputs[first.input]!;
  const added = addedUp({ ...start, strides: start.strides.slice(0, outer.length) }, sums, outer, {
    out: last.kernel.outputs[last.output]!,
    scratch,
  });
  replaced
    .get(last.at)!
    .push(...added.map((kernel): Lowered => ({ kind: 'kernel', kernel, slots: last.slots })));
  return replaced;
}

function contiguous(sizes: readonly number[]): number[] {
  const strides: number[] = [];
  for (let d = sizes.length - 1, next = 1; d >= 0; next *= sizes[d--]!) strides.unshift(next);
  return strides;
}

/** Loops that add values to the first, one after the other. */
function addedUp(
  start: Access,
  sums: readonly Access[],
  outer: readonly number[],
  { out, scratch }: { out: Access; scratch: (words: number, dtype: DType) => BufferRef },
): LoopKernel[] {
  const { dtype } = out;
  const kernels: LoopKernel[] = [];
  let from = start;
  for (let done = 0; done < sums.length; done += MAX_TERMS) {
    const inputs = [from, ...sums.slice(done, done + MAX_TERMS)];
    const body: Scalar[] = inputs.map((_, input) => ({ kind: 'load', input, dtype }));
    let value = 0;
    for (let k = 1; k < inputs.length; k++)
      value = body.push({ kind: 'op', op: 'add', args: [value, k], dtype }) - 1;
    const isLast = done + MAX_TERMS >= sums.length;
    from = isLast ? out : { ...scratch(sizeOf(outer), dtype), strides: contiguous(outer) };
    kernels.push({ kind: 'loop', outer, inner: [], inputs, body, outputs: [{ ...from, value }] });
  }
  return kernels;
}

/** A loop without the scalars that no output needs, and without an input. */
function withoutUnused(kernel: LoopKernel, input: number): LoopKernel {
  const { body, inputs, outputs } = kernel;
  const needed = body.map(() => false);
  for (const { value } of outputs) needed[value] = true;
  for (let v = body.length - 1; v >= 0; v--)
    if (needed[v]) for (const x of argumentsOf(body[v]!)) needed[x] = true;
  const names: number[] = [];
  const kept: Scalar[] = [];
  body.forEach((s, v) => {
    if (!needed[v]) return;
    names[v] = kept.length;
    if (s.kind === 'load') kept.push(s.input > input ? { ...s, input: s.input - 1 } : s);
    else if (s.kind === 'op') kept.push({ ...s, args: s.args.map((x) => names[x]!) });
    else if (s.kind === 'reduce') kept.push({ ...s, arg: names[s.arg]! });
    else kept.push(s);
  });
  return {
    ...kernel,
    inputs: inputs.filter((_, k) => k !== input),
    body: kept,
    outputs: outputs.map((output) => ({ ...output, value: names[output.value]! })),
  };
}
