/**
 * @file The checks that hold for every operation: backends agree, derivatives are those of the values, batching equals a
 * loop. `describeOp` runs these checks as tests, `tools/checks/mutateRules.ts` runs them on broken rules.
 */
import * as chainrule from '@chainrule/autograd';
import { engine } from '@chainrule/autograd/internal';
import { interpreter } from '../src/backends/interpreter/interpreter.js';
import { allocate, isFloat, type DType } from '../src/graph/dtype.js';
import { show, type Shape } from '../src/graph/shape.js';
import { makeLeaf, Tensor } from '../src/graph/tensor.js';
import { checkedFunction } from '../src/testing/differences.js';
import { checkFunction, gradientOf, weights } from '../src/testing/gradcheck.js';
import { flatten, mapTree } from '../src/tree.js';

/** One operation's line: where to sample it, and what does not apply to it. */
export interface OpLine {
  /** What is called; by default the public function of that name (`linalg.inv` for one in a namespace). */
  readonly call?: (...args: never[]) => unknown;
  /** Where the elements of every float input lie; default [-2, 2]. */
  readonly domain?: readonly [number, number];
  /** The same, an entry an input. */
  readonly domains?: readonly (readonly [number, number])[];
  /** How many tensors an element-wise operation takes: 1 by default. */
  readonly arity?: 1 | 2 | 3;
  /** Kinks and poles: no sample lies within 0.05 of one. */
  readonly away?: readonly number[];
  /** The argument lists of an operation that is not element-wise; tensors in float64 are cast as needed. */
  readonly samples?: () => readonly (readonly unknown[])[];
  /** How often it can be differentiated: 0, 1 or 2 (default). */
  readonly order?: 0 | 1 | 2;
  /** Whether float32 inputs give float32 results, and float64 ones float64. Default true. */
  readonly dtypes?: boolean;
  /** Whether it can be batched; operations whose result's shape depends on values cannot. Default true. */
  readonly vmap?: boolean;
  /** What it computes of one element each, independently. */
  readonly reference?: (...x: number[]) => number;
  /** What float32 on the fastest backend may differ by from the interpreter, relative. Default 4e-6. */
  readonly rtol32?: number;
  /** What numbers may differ by from central differences, relative. Default 1e-5. */
  readonly rtol?: number;
  readonly eps?: number;
}

export interface Check {
  readonly name: string;
  /** Whether it looks at derivatives. */
  readonly derivative: boolean;
  run(): void;
}

/** The checks of one operation. */
export function checksOf(name: string, line: OpLine): Check[] {
  const call = line.call ?? publicFunction(name);
  const samples = line.samples ?? ((): unknown[][] => elementSamples(line));
  const order = line.order ?? 2;
  const options = { eps: line.eps ?? 1e-6, atol: 1e-6, rtol: line.rtol ?? 1e-5 };
  const checks: Check[] = [
    {
      name: 'every backend gives what the interpreter gives',
      derivative: false,
      run: () => each(samples, (args) => checkBackends(call, args, line)),
    },
    {
      name: 'results have the shape and dtype they say',
      derivative: false,
      run: () => each(samples, (args) => checkResults(call, args, line.dtypes ?? true)),
    },
  ];
  if (line.reference !== undefined) {
    const { reference } = line;
    checks.push({
      name: 'values are the reference',
      derivative: false,
      run: () => each(samples, (args) => checkReference(call, args, reference)),
    });
  }
  if (order >= 1) {
    checks.push({
      name: 'reverse and forward mode are the derivative',
      derivative: true,
      run: () => each(samples, (args) => checkFunction(name, checkedFunction(call, args), options)),
    });
  }
  if (order >= 2) {
    checks.push({
      name: 'second derivatives',
      derivative: true,
      run: () =>
        each(samples, (args) =>
          checkFunction(name, gradientOf(checkedFunction(call, args)), options),
        ),
    });
  }
  if (line.vmap ?? true) {
    checks.push({
      name: 'vmap is a loop',
      derivative: false,
      run: () => each(samples, (args) => checkBatching(call, args)),
    });
    if (order >= 1) {
      checks.push({
        name: 'vmap of the gradient is a loop',
        derivative: false,
        run: () => each(samples, (args) => checkBatching(gradientFunction(call, args), args)),
      });
    }
  }
  if (line.samples === undefined) {
    const arity = line.arity ?? 1;
    checks.push(
      { name: 'empty tensors', derivative: false, run: () => checkEmpty(call, arity, order) },
      {
        name: 'NaN, infinities and zeros of both signs',
        derivative: false,
        run: () => checkSpecial(call, arity, order, line),
      },
    );
  }
  return checks;
}

/** What an operation's line calls, and with what: as `dtype`, where the elements are of a float dtype. */
export function callsOf(
  name: string,
  line: OpLine,
  dtype: DType,
): { call: (args: readonly unknown[]) => Tensor[]; samples: readonly (readonly unknown[])[] } {
  const call = line.call ?? publicFunction(name);
  const samples = line.samples ?? ((): unknown[][] => elementSamples(line));
  return {
    call: (args) => apply(call, args),
    samples: samples().map((args) => castArgs(args, dtype)),
  };
}

/** The names of the primitives that an operation's results and their gradients are made of. */
export function reachedBy(name: string, line: OpLine): Set<string> {
  const call = line.call ?? publicFunction(name);
  const names = new Set<string>();
  const seen = new Set<Tensor>();
  for (const args of (line.samples ?? ((): unknown[][] => elementSamples(line)))()) {
    const inputs = mapTree(args, (t) =>
      isFloat(t.dtype) ? copy(t, 'float64').requiresGrad_() : t,
    ) as unknown[];
    const stack = apply(call, inputs);
    const leaves = flatten(inputs).leaves.filter((t) => t.requiresGrad);
    const outputs = stack.filter((y) => y.requiresGrad);
    if (outputs.length > 0) {
      const gradOutputs = outputs.map((y) => chainrule.onesLike(y).requiresGrad_());
      const gradients = chainrule.grad(outputs, leaves, {
        gradOutputs,
        createGraph: true,
        allowUnused: true,
      });
      stack.push(...gradients.filter((g) => g !== null));
    }
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      if (node.op !== null) names.add(node.op.name);
      stack.push(...node.inputs);
    }
  }
  return names;
}

function publicFunction(name: string): (...args: never[]) => unknown {
  let found: unknown = chainrule;
  for (const part of name.split('.')) found = (found as Record<string, unknown>)[part];
  if (typeof found !== 'function')
    throw new Error(`there is no public operation ${name}; give its line a call`);
  return found as (...args: never[]) => unknown;
}

function each(
  samples: () => readonly (readonly unknown[])[],
  f: (args: readonly unknown[]) => void,
): void {
  for (const args of samples()) {
    try {
      f(args);
    } catch (error) {
      if (error instanceof Error) error.message += ` (arguments ${describeArgs(args)})`;
      throw error;
    }
  }
}

function describeArgs(args: readonly unknown[]): string {
  return args
    .map((a) =>
      flatten(a).leaves.length > 0
        ? JSON.stringify(mapTree(a, (t) => `${t.dtype}${show(t.shape)}`))
        : JSON.stringify(a),
    )
    .join(', ');
}

/** Float64 inputs of several shapes, broadcasting among them. */
function elementSamples({
  arity = 1,
  domain = [-2, 2],
  domains = [],
  away = [],
}: OpLine): Tensor[][] {
  const shapes: Shape[][] = [
    [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    [[], [], []],
    [[2, 1, 3], [4, 1], [3]],
    [[5], [1], []],
  ];
  return shapes.map((row, s) =>
    row.slice(0, arity).map((shape, k) => {
      const [low, high] = domains[k] ?? domain;
      return spread(shape, low, high, away, 17 * s + k + 1);
    }),
  );
}

/** A tensor of pseudo-random numbers in [low, high], away from the given points. */
export function spread(
  shape: Shape,
  low: number,
  high: number,
  away: readonly number[] = [],
  seed = 1,
): Tensor {
  const size = shape.reduce((n, d) => n * d, 1);
  const data = weights(size, seed).map((w) => {
    // |w| is uniform in [0.5, 1.5].
    let x = low + (Math.abs(w) - 0.5) * (high - low);
    for (const point of away)
      if (Math.abs(x - point) < 0.05) x = point + (x < point || point + 0.05 > high ? -0.06 : 0.06);
    return x;
  });
  return makeLeaf(data, shape, 'float64');
}

function castArgs(args: readonly unknown[], dtype: DType): unknown[] {
  return mapTree(args, (t) => (isFloat(t.dtype) ? copy(t, dtype) : copy(t, t.dtype))) as unknown[];
}

function copy(t: Tensor, dtype: DType): Tensor {
  const data = allocate(dtype, t.size);
  data.set(t.dataSync());
  return makeLeaf(data, t.shape, dtype);
}

function apply(call: (...args: never[]) => unknown, args: readonly unknown[]): Tensor[] {
  return flatten(call(...(args as never[]))).leaves;
}

function checkBackends(
  call: (...args: never[]) => unknown,
  args: readonly unknown[],
  { rtol32 = 4e-6 }: OpLine,
): void {
  for (const dtype of ['float64', 'float32'] as const) {
    const fast = apply(call, castArgs(args, dtype));
    fast.forEach((t) => t.dataSync());
    const chosen = engine.backend;
    engine.backend = interpreter;
    try {
      const truth = apply(call, castArgs(args, dtype));
      fast.forEach((t, k) =>
        expectClose(
          `result ${k} in ${dtype} on ${chosen?.name}`,
          t,
          truth[k] as Tensor,
          dtype === 'float32' ? rtol32 : 1e-11,
        ),
      );
    } finally {
      engine.backend = chosen;
    }
  }
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
};

function checkResults(
  call: (...args: never[]) => unknown,
  args: readonly unknown[],
  follow: boolean,
): void {
  const kinds = (['float32', 'float64'] as const).map((dtype) =>
    apply(call, castArgs(args, dtype)).map((t) => {
      const data = t.dataSync();
      if (data.length !== t.size)
        throw new Error(`a result of shape ${show(t.shape)} has ${data.length} elements`);
      if (!(data instanceof ARRAYS[t.dtype]))
        throw new Error(`a ${t.dtype} result came in a ${data.constructor.name}`);
      if (t.dtype === 'bool' && data.some((x) => x > 1))
        throw new Error('a boolean is neither 0 nor 1');
      if (data.length > 0 && String(shapeOfNested(t.toArray())) !== String(t.shape))
        throw new Error('toArray differs in shape');
      return `${t.dtype === dtype ? 'float' : t.dtype}${show(t.shape)}`;
    }),
  );
  if (follow && String(kinds[0]) !== String(kinds[1])) {
    throw new Error(`float32 inputs give ${String(kinds[0])}, float64 inputs ${String(kinds[1])}`);
  }
}

function shapeOfNested(x: unknown): number[] {
  return Array.isArray(x) ? [x.length, ...shapeOfNested(x[0])] : [];
}

function checkReference(
  call: (...args: never[]) => unknown,
  args: readonly unknown[],
  reference: (...x: number[]) => number,
): void {
  const [result] = apply(call, args) as [Tensor];
  const inputs = args.map((x) => chainrule.broadcastTo(x as Tensor, result.shape).dataSync());
  const data = allocate(result.dtype, result.size);
  for (let i = 0; i < data.length; i++) data[i] = reference(...inputs.map((x) => x[i] as number));
  expectClose('the result', result, makeLeaf(data, result.shape, result.dtype), 1e-12);
}

/** The gradients of all float inputs, as a function of the same arguments. */
function gradientFunction(
  call: (...args: never[]) => unknown,
  args: readonly unknown[],
): (...args: never[]) => unknown {
  const outputs = apply(call, args).filter((y) => isFloat(y.dtype));
  const seeds = outputs.map((y, k) =>
    copy(makeLeaf(weights(y.size, 5 + k), y.shape, 'float64'), y.dtype),
  );
  return (...given: never[]) => {
    const { leaves, structure } = flatten(given);
    const floats = leaves.filter((t) => isFloat(t.dtype));
    const f = (xs: Tensor[]): Tensor[] => {
      let k = 0;
      const all = leaves.map((t) => (isFloat(t.dtype) ? (xs[k++] as Tensor) : t));
      return apply(call, structure.rebuild(all) as unknown[]).filter((y) => isFloat(y.dtype));
    };
    return chainrule.vjp(f, floats)[1](seeds);
  };
}

/** Examples that shrink: what holds for a sample (positive definite, off the diagonal …) holds for them. */
const FACTORS = [1, 0.9, 0.8];

function checkBatching(call: (...args: never[]) => unknown, args: readonly unknown[]): void {
  const { leaves, structure } = flatten(args);
  if (leaves.length === 0) return;
  const masks =
    leaves.length === 1
      ? [[true]]
      : [leaves.map(() => true), ...leaves.map((_t, k) => leaves.map((_u, j) => j === k))];
  for (const mask of masks) {
    const examples = FACTORS.map((factor) =>
      leaves.map((t, k) => (mask[k] === true && isFloat(t.dtype) ? scaled(t, factor) : t)),
    );
    const loop = examples.map((xs) => apply(call, structure.rebuild(xs) as unknown[]));
    const stacked = leaves.map((t, k) =>
      mask[k] === true ? stackLeaves(examples.map((xs) => xs[k] as Tensor)) : t,
    );
    const dims = dimsOf(args, mask.map((m) => (m ? 0 : null)).values());
    const many = apply(
      chainrule.vmap(call as (...xs: unknown[]) => unknown, dims as never),
      structure.rebuild(stacked) as unknown[],
    );
    many.forEach((t, k) => {
      const truth = stackLeaves(loop.map((ys) => ys[k] as Tensor));
      expectClose(
        `vmap over [${mask.map((m) => (m ? 0 : null)).join(', ')}]: result ${k}`,
        t,
        truth,
        1e-10,
      );
    });
  }
}

/** The tree of `inDims` beside a tree of arguments: what is not a tensor is shared. */
function dimsOf(tree: unknown, dims: Iterator<0 | null>): unknown {
  if (tree instanceof Tensor) return dims.next().value as 0 | null;
  if (Array.isArray(tree)) return tree.map((part) => dimsOf(part, dims));
  if (typeof tree !== 'object' || tree === null) return null;
  return Object.fromEntries(Object.entries(tree).map(([key, part]) => [key, dimsOf(part, dims)]));
}

function scaled(t: Tensor, factor: number): Tensor {
  const data = allocate(t.dtype, t.size);
  data.set(t.dataSync().map((x) => x * factor));
  return makeLeaf(data, t.shape, t.dtype);
}

function stackLeaves(ts: readonly Tensor[]): Tensor {
  const [first] = ts as [Tensor];
  const data = allocate(first.dtype, ts.length * first.size);
  ts.forEach((t, k) => data.set(t.dataSync(), k * first.size));
  return makeLeaf(data, [ts.length, ...first.shape], first.dtype);
}

function checkEmpty(call: (...args: never[]) => unknown, arity: number, order: number): void {
  const inputs = Array.from({ length: arity }, (_, k) =>
    chainrule.zeros(k === 1 ? [3] : [0, 3], { requiresGrad: order > 0 }),
  );
  const [y] = apply(call, inputs) as [Tensor];
  if (show(y.shape) !== '[0, 3]' || y.dataSync().length !== 0)
    throw new Error(`empty inputs give ${show(y.shape)}`);
  if (order === 0) return;
  const gradients = chainrule.grad([y], inputs, {
    gradOutputs: [chainrule.zeros([0, 3])],
    allowUnused: true,
  });
  gradients.forEach((g, k) => {
    if (g !== null && show(g.shape) !== show((inputs[k] as Tensor).shape))
      throw new Error(`the gradient is ${show(g.shape)}`);
    if (g?.dataSync().some((x) => x !== 0) === true)
      throw new Error('the gradient of nothing is not zero');
  });
}

const SPECIAL = [NaN, Infinity, -Infinity, 0, -0, 1, -1];

function checkSpecial(
  call: (...args: never[]) => unknown,
  arity: number,
  order: number,
  line: OpLine,
): void {
  const all = Array.from({ length: SPECIAL.length ** arity }, (_, i) => i);
  const columns = Array.from({ length: arity }, (_, k) =>
    Float64Array.from(
      all,
      (i) => SPECIAL[Math.floor(i / SPECIAL.length ** k) % SPECIAL.length] as number,
    ),
  );
  const args = columns.map((data) => makeLeaf(data, [data.length], 'float64'));
  checkBackends(call, args, line);
  if (order === 0) return;
  // Nothing asked for gives nothing, also where the derivative is infinite or NaN.
  const inputs = args.map((t) => copy(t, 'float64').requiresGrad_());
  const [y] = apply(call, inputs) as [Tensor];
  const gradients = chainrule.grad([y], inputs, {
    gradOutputs: [chainrule.zerosLike(y)],
    allowUnused: true,
  });
  gradients.forEach((g, k) => {
    const wrong = g?.dataSync().findIndex((x) => x !== 0) ?? -1;
    if (wrong >= 0) {
      throw new Error(
        `with cotangent 0 the gradient of input ${k} is ${String(g?.dataSync()[wrong])} at (${columns.map((c) => c[wrong]).join(', ')})`,
      );
    }
  });
}

/** Throws unless shapes, dtypes and elements agree; NaN equals NaN. */
export function expectClose(
  what: string,
  got: Tensor,
  want: Tensor,
  rtol: number,
  atol = rtol,
): void {
  if (show(got.shape) !== show(want.shape) || got.dtype !== want.dtype) {
    throw new Error(
      `${what} is ${got.dtype}${show(got.shape)}, expected ${want.dtype}${show(want.shape)}`,
    );
  }
  const [a, b] = [got.dataSync(), want.dataSync()];
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (Object.is(x, y) || (Number.isNaN(x) && Number.isNaN(y))) continue;
    if (!(Math.abs(x - y) <= atol + rtol * Math.abs(y)))
      throw new Error(`${what}: at ${i} got ${x}, expected ${y}`);
  }
}
