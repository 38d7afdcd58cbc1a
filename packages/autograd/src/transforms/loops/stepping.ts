/** @file Runs a loop step by step, each body as a program of its own: for backends without support for loops. */
import { ChainruleError } from '../../errors.js';
import { backendInUse } from '../../engine/engine.js';
import { noteScopeWithin, type Loop, type LoopBody } from '../../engine/loop.js';
import type { HostBackend } from '../../engine/program.js';
import { allocate, type DType, type TypedArray } from '../../graph/dtype.js';
import type { Value } from '../../graph/primitive.js';
import { sizeOf, type Shape } from '../../graph/shape.js';

/** Runs a loop step by step. */
export function runLoop(
  loop: Loop,
  inputs: readonly Value[],
  results: readonly (TypedArray | null)[],
): void {
  backendInUse().nested((backend) => {
    const run = loop.kind === 'scan' ? runScan : loop.kind === 'while' ? runWhile : runBranch;
    run(loop, inputs, results, backend);
  });
}

/** A body made ready for the steps of one run. */
class Stepper {
  private readonly arrays: TypedArray[];
  private readonly offsets: { readonly array: TypedArray; readonly relative: number }[] = [];
  private readonly base: number;
  private readonly body: LoopBody;
  private readonly backend: HostBackend;

  constructor(
    body: LoopBody,
    inputs: readonly Value[],
    firstConstant: number,
    backend: HostBackend,
  ) {
    this.body = body;
    this.backend = backend;
    this.base = body.draws > 0 ? (inputs.at(-1)?.data[0] as number) : 0;
    this.arrays = body.inputs.map(({ kind, index }) => {
      if (kind === 'constant') return (inputs[firstConstant + index] as Value).data;
      const array = new Float64Array(1);
      if (kind === 'offset') this.offsets.push({ array, relative: index });
      return array;
    });
  }

  /** Runs the body once; `order` is how many steps have drawn random numbers before it. */
  step(
    order: number,
    carry: (k: number) => TypedArray,
    x: (k: number) => TypedArray,
    outputs: readonly (TypedArray | null)[],
  ): TypedArray[] {
    const { body, arrays } = this;
    body.inputs.forEach(({ kind, index }, i) => {
      if (kind === 'carry') arrays[i] = carry(index);
      else if (kind === 'x') arrays[i] = x(index);
    });
    for (const { array, relative } of this.offsets)
      array[0] = this.base + order * body.draws + relative;
    const executable = body.plan.compile(this.backend);
    try {
      return executable.run(arrays, outputs) as TypedArray[]; // the backend is one of the host
    } catch (error) {
      if (error instanceof ChainruleError) noteScopeWithin(error, body.scopes[executable.at] ?? '');
      throw error;
    }
  }
}

function never(): never {
  throw new Error('a loop without sequences reads none');
}

function runScan(
  loop: Loop,
  inputs: readonly Value[],
  results: readonly (TypedArray | null)[],
  backend: HostBackend,
): void {
  const { bodies, length, reverse, rewound, constants } = loop;
  const { carries: n, outputs } = bodies[0] as LoopBody;
  const stepper = new Stepper(bodies[0] as LoopBody, inputs, constants[0] as number, backend);
  const slice = (array: TypedArray, t: number): TypedArray => {
    const size = array.length / length;
    return array.subarray(t * size, (t + 1) * size);
  };
  // Each carry alternates between two arrays; each unwanted result has one.
  const made: TypedArray[] = [];
  const newArray = ({ dtype, shape }: { dtype: DType; shape: Shape }): TypedArray => {
    const size = sizeOf(shape);
    const array = backend.allocate(dtype, size) ?? allocate(dtype, size);
    made.push(array);
    return array;
  };
  const carryBuffers = outputs
    .slice(0, n)
    .map((output) => [newArray(output), newArray(output)] as const);
  const unwanted = outputs.map((output, k) =>
    k >= n && (results[k] ?? null) === null ? newArray(output) : null,
  );
  let now: TypedArray[] = Array.from({ length: n }, (_, k) => (inputs[k] as Value).data);
  for (let i = 0; i < length; i++) {
    const t = reverse ? length - 1 - i : i;
    const next = carryBuffers.map((pair) => pair[i % 2] as TypedArray);
    const stacked = unwanted
      .slice(n)
      .map((place, j) => place ?? slice(results[n + j] as TypedArray, t));
    const before = now;
    stepper.step(
      rewound ? length - 1 - i : i,
      (k) => before[k] as TypedArray,
      (k) => slice((inputs[n + k] as Value).data, t),
      [...next, ...stacked],
    );
    now = next;
  }
  now.forEach((array, k) => results[k]?.set(array));
  for (const array of made) backend.release(array);
}

function runWhile(
  spec: Loop,
  inputs: readonly Value[],
  results: readonly (TypedArray | null)[],
  backend: HostBackend,
): void {
  const body = spec.bodies[0] as LoopBody;
  const n = body.carries;
  const stepper = new Stepper(body, inputs, spec.constants[0] as number, backend);
  let holds = inputs[0]?.data[0] as number;
  let now: TypedArray[] = inputs.slice(1, 1 + n).map(({ data }) => data.slice());
  let count = 0;
  for (;;) {
    if (Number.isNaN(holds)) {
      throw new ChainruleError(`${spec.name}: the condition is NaN after ${count} iterations`);
    }
    if (holds === 0) break;
    if (count === spec.length) {
      throw new ChainruleError(
        `${spec.name}: the condition still holds after ${count} iterations, the most that maxIterations allows`,
      );
    }
    const before = now;
    const made = stepper.step(count, (k) => before[k] as TypedArray, never, [
      null,
      ...now.map(() => null),
    ]);
    holds = (made[0] as TypedArray)[0] as number;
    now = made.slice(1);
    count++;
  }
  [...now, Int32Array.of(count)].forEach((array, k) => results[k]?.set(array));
}

function runBranch(
  spec: Loop,
  inputs: readonly Value[],
  results: readonly (TypedArray | null)[],
  backend: HostBackend,
): void {
  const { bodies, constants } = spec;
  const value = Number(inputs[0]?.data[0]);
  if (Number.isNaN(value)) throw new ChainruleError(`${spec.name}: the predicate is NaN`);
  const chosen = spec.name === 'cond' ? Number(value !== 0) : value;
  const last = bodies.length - 1;
  const at = Math.min(Math.max(chosen, 0), last);
  const body = bodies[at] as LoopBody;
  const stepper = new Stepper(body, inputs, constants[at] as number, backend);
  const made = stepper.step(
    0,
    (k) => (inputs[1 + k] as Value).data,
    never,
    body.outputs.map((_, k) => results[k] ?? null),
  );
  made.forEach((array, k) => {
    if (results[k] !== array) results[k]?.set(array);
  });
}
