/**
 * @file Running loops: the two primitives that a loop is for the engine, and their reference.
 *
 * `loop` runs the body step after step and leaves the results, `loopResult` takes one of them: the graph has nodes of one
 * value each. A device that knows loops may run both as it likes.
 */
import { ChainruleError } from '../../errors.js';
import { backendInUse, explain } from '../../engine/evaluate.js';
import type { Backend } from '../../engine/program.js';
import { allocate, type DType, type TypedArray } from '../../graph/dtype.js';
import type { LoopName } from '../../graph/mode.js';
import type { AttrValue, Value } from '../../graph/primitive.js';
import { sizeOf, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { primitive, type PrimitiveOp } from '../../ops/build/primitive.js';
import type { Program } from './body.js';

/** How a loop runs. */
export interface LoopSpec {
  readonly name: LoopName;
  /** One body, or the branches to choose from. */
  readonly programs: readonly Program[];
  /** The steps; of a loop that ends by a condition the most that there may be. */
  readonly length: number;
  /**
   * `scan` takes slices, `while` goes on while the first result of a step holds, `branch` runs one of its bodies once.
   */
  readonly kind: 'scan' | 'while' | 'branch';
  readonly reverse: boolean;
  /** Whether the random numbers of the last step are those of the first: for the way back of a loop. */
  readonly rewound: boolean;
  /** Whether the carries at the beginning of each step are results too. */
  readonly saves: boolean;
  /** For each body where its constants begin among the inputs. */
  readonly constants: readonly number[];
}

interface LoopAttrs extends Record<string, AttrValue> {
  readonly bodies: readonly number[];
}

/** The shapes and dtypes of what a loop gives. */
export function resultsOf(spec: LoopSpec): { shape: Shape; dtype: DType }[] {
  const { outputs, carries } = spec.programs[0] as Program;
  if (spec.kind === 'branch') return outputs.slice();
  if (spec.kind === 'while') return [...outputs.slice(1), { shape: [], dtype: 'int32' }];
  const stacked = outputs
    .slice(carries)
    .map(({ shape, dtype }) => ({ shape: [spec.length, ...shape], dtype }));
  const saved = spec.saves
    ? outputs
        .slice(0, carries)
        .map(({ shape, dtype }) => ({ shape: [spec.length, ...shape], dtype }))
    : [];
  return [...outputs.slice(0, carries), ...stacked, ...saved];
}

/** The nodes of a loop's results. */
export function loopNodes(spec: LoopSpec, inputs: readonly Tensor[]): Tensor[] {
  const { kind, length, reverse, rewound, saves, constants } = spec;
  const attrs: LoopAttrs = {
    bodies: spec.programs.map(({ id }) => id),
    kind,
    length,
    reverse,
    rewound,
    saves,
    constants,
  };
  Object.defineProperty(attrs, SPEC, { value: spec, enumerable: false });
  const ticket = loopOp(inputs, attrs);
  return resultsOf(spec).map(({ shape, dtype }, result) => {
    const own: ResultAttrs = { ...attrs, result, shape, dtype };
    Object.defineProperty(own, SPEC, { value: spec, enumerable: false });
    return resultOp([ticket, ...inputs], own);
  });
}

/** Where attributes carry the loop itself; their other fields say all there is of its structure. */
const SPEC = Symbol('loop');

/** The loop that the attributes of one of its two operations carry. */
export function specOf(attrs: object): LoopSpec {
  return (attrs as { [SPEC]: LoopSpec })[SPEC];
}

interface ResultAttrs extends LoopAttrs {
  readonly result: number;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** What a loop has left, in the memory of a backend where it has one. */
interface Left {
  readonly results: (TypedArray | null)[];
  readonly backend: Backend;
}

/** What nobody has taken yet, by ticket; the oldest go first. */
const left = new Map<number, Left>();
const MANY = 16;
let tickets = 0;

const loopOp: PrimitiveOp<LoopAttrs> = primitive('loop', {
  lowering: { kind: 'reference' },
  shape: () => [1],
  dtype: () => 'int32',
  // What a loop computes is built again by its call.
  batch: ([x]) => x as Tensor,
  reference: (inputs, out, attrs) => {
    out.data[0] = leave(runLoop(specOf(attrs), inputs));
  },
});

const resultOp: PrimitiveOp<ResultAttrs> = primitive('loopResult', {
  lowering: { kind: 'reference' },
  shape: (_inputs, { shape }) => shape,
  dtype: (_inputs, { dtype }) => dtype,
  batch: ([x]) => x as Tensor,
  reference: ([ticket, ...inputs], out, attrs) => {
    let number = (ticket as Value).data[0] as number;
    // Taken before, or long ago: it is computed again.
    if ((left.get(number)?.results[attrs.result] ?? null) === null)
      number = leave(runLoop(specOf(attrs), inputs));
    const { results, backend } = left.get(number) as Left;
    const array = results[attrs.result] as TypedArray;
    out.data.set(array);
    results[attrs.result] = null;
    backend.release(array);
    if (results.every((rest) => rest === null)) left.delete(number);
  },
});

function leave(made: Left): number {
  tickets = (tickets + 1) % 2 ** 30;
  left.set(tickets, made);
  if (left.size > MANY) {
    const [oldest] = left;
    if (oldest !== undefined) {
      left.delete(oldest[0]);
      for (const array of oldest[1].results) if (array !== null) oldest[1].backend.release(array);
    }
  }
  return tickets;
}

/** Runs a loop on the values of its inputs: carries, sequences or operands, constants, and where random numbers begin. */
function runLoop(spec: LoopSpec, inputs: readonly Value[]): Left {
  return backendInUse().nested((backend) => {
    const run = spec.kind === 'scan' ? runScan : spec.kind === 'while' ? runWhile : runBranch;
    return { results: run(spec, inputs, backend), backend };
  });
}

/** Room for a value, in the backend's memory where it has any: there a step writes in place. */
function room({ dtype, size }: { dtype: DType; size: number }, backend: Backend): TypedArray {
  return backend.allocate(dtype, size) ?? allocate(dtype, size);
}

/** A body made ready for the steps of one run. */
class Stepper {
  private readonly arrays: TypedArray[];
  private readonly offsets: { readonly array: TypedArray; readonly relative: number }[] = [];
  private readonly base: number;
  private readonly program: Program;
  private readonly backend: Backend;

  constructor(program: Program, inputs: readonly Value[], firstConstant: number, backend: Backend) {
    this.program = program;
    this.backend = backend;
    this.base = program.draws > 0 ? (inputs.at(-1)?.data[0] as number) : 0;
    this.arrays = program.inputs.map(({ kind, index }) => {
      if (kind === 'constant') return (inputs[firstConstant + index] as Value).data;
      const array = new Float64Array(1);
      if (kind === 'offset') this.offsets.push({ array, relative: index });
      return array;
    });
  }

  /** Runs the body once; `order` says how many steps have drawn random numbers before it. */
  step(
    order: number,
    carry: (k: number) => TypedArray,
    x: (k: number) => TypedArray,
    outputs: readonly (TypedArray | null)[],
  ): TypedArray[] {
    const { program, arrays } = this;
    program.inputs.forEach(({ kind, index }, i) => {
      if (kind === 'carry') arrays[i] = carry(index);
      else if (kind === 'x') arrays[i] = x(index);
    });
    for (const { array, relative } of this.offsets)
      array[0] = this.base + order * program.draws + relative;
    const executable = program.plan.on(this.backend);
    try {
      return executable.run(arrays, outputs);
    } catch (error) {
      throw explain(error, undefined, 'a loop');
    }
  }
}

function never(): never {
  throw new Error('a loop without sequences reads none');
}

function runScan(spec: LoopSpec, inputs: readonly Value[], backend: Backend): TypedArray[] {
  const { programs, length, reverse, rewound, saves, constants } = spec;
  const program = programs[0] as Program;
  const n = program.carries;
  const results = resultsOf(spec).map(({ shape, dtype }) =>
    room({ dtype, size: sizeOf(shape) }, backend),
  );
  const stepper = new Stepper(program, inputs, constants[0] as number, backend);
  const sizes = program.outputs.map(({ shape }) => sizeOf(shape));
  const slice = (array: TypedArray, t: number): TypedArray => {
    const size = array.length / length;
    return array.subarray(t * size, (t + 1) * size);
  };
  const saved = (k: number): TypedArray => results[program.outputs.length + k] as TypedArray;
  // Two places in turn, or the place in the sequence of carries; the last step writes where the result lies.
  const spare = sizes.slice(0, n).map((size, k) => {
    const { dtype } = program.outputs[k] as { dtype: DType };
    return [room({ dtype, size }, backend), room({ dtype, size }, backend)] as const;
  });
  let now: TypedArray[] = Array.from({ length: n }, (_, k) => (inputs[k] as Value).data);
  for (let i = 0; i < length; i++) {
    const t = reverse ? length - 1 - i : i;
    if (saves) {
      now.forEach((array, k) => {
        const place = slice(saved(k), t);
        if (place !== array) place.set(array);
      });
    }
    const next = now.map((_, k) =>
      i === length - 1
        ? (results[k] as TypedArray)
        : ((spare[k] as readonly TypedArray[])[i % 2] as TypedArray),
    );
    const given = [
      ...next,
      ...sizes.slice(n).map((_, j) => slice(results[n + j] as TypedArray, t)),
    ];
    const order = rewound ? length - 1 - i : i;
    const before = now;
    stepper.step(
      order,
      (k) => before[k] as TypedArray,
      (k) => slice((inputs[n + k] as Value).data, t),
      given,
    );
    now = next;
  }
  if (length === 0) now.forEach((array, k) => (results[k] as TypedArray).set(array));
  for (const pair of spare) for (const array of pair) backend.release(array);
  return results;
}

function runWhile(spec: LoopSpec, inputs: readonly Value[], backend: Backend): TypedArray[] {
  const program = spec.programs[0] as Program;
  const n = program.carries;
  const stepper = new Stepper(program, inputs, spec.constants[0] as number, backend);
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
  return [...now, Int32Array.of(count)];
}

function runBranch(spec: LoopSpec, inputs: readonly Value[], backend: Backend): TypedArray[] {
  const { programs, constants } = spec;
  const value = Number(inputs[0]?.data[0]);
  if (Number.isNaN(value)) throw new ChainruleError(`${spec.name}: the predicate is NaN`);
  const chosen = spec.name === 'cond' ? Number(value !== 0) : value;
  const last = programs.length - 1;
  const at = Math.min(Math.max(chosen, 0), last);
  const program = programs[at] as Program;
  const stepper = new Stepper(program, inputs, constants[at] as number, backend);
  return stepper.step(
    0,
    (k) => (inputs[1 + k] as Value).data,
    never,
    program.outputs.map(() => null),
  );
}
