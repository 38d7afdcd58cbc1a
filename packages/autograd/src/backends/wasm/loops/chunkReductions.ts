/**
 * @file Long reductions in fixed chunks: first partial results, then a reduction of these.
 *
 * So threads can share one long sum, and its error grows with the length of a chunk instead of that of the whole. Chunks
 * depend on shapes alone, so the number of threads changes no bit.
 */
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import { sizeOf, stridesOf } from '../../../graph/shape.js';
import type { Scratch } from '../assembler/block.js';
import { planNest } from './loopNest.js';
import { Rebuild, reductionLevels } from './rebuild.js';

type Output = LoopKernel['outputs'][number];

/** The kernel itself, or kernels that compute the same in chunks. */
export function chunkReductions(kernel: LoopKernel, scratch: Scratch): LoopKernel[] {
  const done: LoopKernel[] = [];
  let rest: LoopKernel | undefined = kernel;
  while (rest !== undefined) {
    const split = splitFirstLevel(rest, scratch);
    if (split === undefined) {
      done.push(rest);
      break;
    }
    done.push(...split.partial);
    rest = split.rest;
  }
  return done;
}

interface Split {
  readonly partial: LoopKernel[];
  readonly rest: LoopKernel | undefined;
}

function splitFirstLevel(kernel: LoopKernel, scratch: Scratch): Split | undefined {
  const points = sizeOf(kernel.inner);
  const rows = sizeOf(kernel.outer);
  if (points < 2048 || rows === 0 || !kernel.body.some((scalar) => scalar.kind === 'reduce'))
    return undefined;
  const nest = planNest(kernel);
  const alongColumns = nest.vector < nest.outer;
  const isSmall = rows < (alongColumns ? 256 : 16) && points * rows >= 65536;
  const limit = isSmall ? (alongColumns ? 1024 : 8192) : alongColumns ? 4096 : 65536;
  if (points <= limit) return undefined;

  const longest = kernel.inner.indexOf(Math.max(...kernel.inner));
  const length = kernel.inner[longest] as number;
  const step = Math.max(1, Math.round((limit / 2 / points) * length));
  const whole = Math.floor(length / step);
  const chunks = whole + (length % step > 0 ? 1 : 0);
  if (chunks < 2) return undefined;

  // Reductions of the first level: those whose argument depends on no other reduction.
  const levels = reductionLevels(kernel.body);
  const first = kernel.body.flatMap((scalar, i) =>
    scalar.kind === 'reduce' && levels[i] === 1 ? [{ scalar, i }] : [],
  );
  const rowStrides = stridesOf(kernel.outer);
  const partials = first.map(({ scalar }) => scratch.take(scalar.dtype, chunks * rows));

  const partial: LoopKernel[] = [];
  const addChunks = (from: number, count: number, size: number): void => {
    const inner = kernel.inner.map((n, d) => (d === longest ? size : n));
    const rank = kernel.outer.length;
    const build = new Rebuild(kernel, {
      access: (access) => {
        const along = access.strides[rank + longest] as number;
        const strides = [along * step, ...access.strides];
        return { ...access, offset: access.offset + along * step * from, strides };
      },
      index: (dim, body) => {
        const add = (scalar: Scalar): number => body.push(scalar) - 1;
        const at = add({ kind: 'index', dim: dim + 1, dtype: 'int32' });
        if (dim !== rank + longest) return at;
        const chunk = add({ kind: 'index', dim: 0, dtype: 'int32' });
        const factor = add({ kind: 'const', value: step, dtype: 'int32' });
        const begin = add({ kind: 'op', op: 'mul', args: [chunk, factor], dtype: 'int32' });
        const base = add({ kind: 'const', value: step * from, dtype: 'int32' });
        const offset = add({ kind: 'op', op: 'add', args: [begin, base], dtype: 'int32' });
        return add({ kind: 'op', op: 'add', args: [offset, at], dtype: 'int32' });
      },
    });
    const outputs = first.map(({ i }, k): Output => {
      const target = partials[k] as (typeof partials)[number];
      return {
        ...target,
        offset: target.offset + from * rows,
        strides: [rows, ...rowStrides],
        value: build.scalar(i),
      };
    });
    partial.push({
      kind: 'loop',
      outer: [count, ...kernel.outer],
      inner,
      along: kernel.along ?? null,
      inputs: build.inputs,
      body: build.body,
      outputs,
    });
  };
  if (whole > 0) addChunks(0, whole, step);
  if (length % step > 0) addChunks(whole, 1, length % step);

  // Outputs that are known once these reductions are: the kernel that joins the partial results writes them.
  const rank = kernel.outer.length;
  const join = new Rebuild(kernel, {
    access: (access) => ({ ...access, strides: [...access.strides.slice(0, rank), 0] }),
    index: (dim, body) => body.push({ kind: 'index', dim, dtype: 'int32' }) - 1,
  });
  first.forEach(({ scalar, i }, k) => {
    const source = partials[k] as (typeof partials)[number];
    const load = join.load({ ...source, strides: [...rowStrides, rows] });
    join.known.set(
      i,
      join.body.push({ kind: 'reduce', op: scalar.op, arg: load, dtype: scalar.dtype }) - 1,
    );
  });
  const perRow = (output: Output): boolean => output.strides.length === rank;
  const ready = kernel.outputs.filter(
    (output) => perRow(output) && (levels[output.value] as number) <= 1,
  );
  const later = kernel.outputs.filter((output) => !ready.includes(output));
  const joined = ready.map((output): Output => ({ ...output, value: join.scalar(output.value) }));
  let rest: LoopKernel | undefined;
  if (later.length > 0) {
    const onward = new Rebuild(kernel, {
      access: (access) => access,
      index: (dim, body) => body.push({ kind: 'index', dim, dtype: 'int32' }) - 1,
    });
    for (const { scalar, i } of first) {
      const target = scratch.take(scalar.dtype, rows);
      joined.push({ ...target, strides: rowStrides, value: join.known.get(i) as number });
      onward.known.set(
        i,
        onward.load({ ...target, strides: [...rowStrides, ...kernel.inner.map(() => 0)] }),
      );
    }
    const outputs = later.map((output): Output => ({
      ...output,
      value: onward.scalar(output.value),
    }));
    rest = { ...kernel, inputs: onward.inputs, body: onward.body, outputs };
  }
  partial.push({
    kind: 'loop',
    outer: kernel.outer,
    inner: [chunks],
    along: rows === 1 ? 'row' : 'column',
    inputs: join.inputs,
    body: join.body,
    outputs: joined,
  });
  return { partial, rest };
}
