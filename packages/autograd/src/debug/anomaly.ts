/** @file `detectAnomaly`: where the first NaN or infinity came from. */
import { checkArgument, refuseSurplus } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { ChainruleError } from '../errors.js';
import { engine } from '../engine/engine.js';
import { evaluate } from '../engine/evaluate.js';
import type { Executable, HostBackend, Program } from '../engine/program.js';
import { isFloat, type TypedArray } from '../graph/dtype.js';
import { mode, refusePromise, withMode } from '../graph/mode.js';
import { show, sizeOf } from '../graph/shape.js';
import { tensorsOf } from '../tree.js';

/**
 * Runs `f` and checks every result of every operation. The first NaN or infinity that comes from finite
 * inputs is an error that names the operation, the element, the module and the line that made it. What
 * `f` returns is evaluated too. Slow: use it to find a mistake. PyTorch: `torch.autograd.detect_anomaly`, which checks
 * only the backward pass.
 *
 * @throws {ChainruleError} for the first such result, or for a NaN in a tensor that no operation made.
 * @example detectAnomaly(() => { const loss = model.forward(x).log().mean(); loss.backward(); });
 */
export function detectAnomaly<R>(f: () => R): R;
export function detectAnomaly<R>(f: () => R, surplus?: unknown): R {
  refuseSurplus('detectAnomaly', surplus);
  checkArgument('detectAnomaly', 'f', f, kinds.callable);
  const { backend } = engine;
  if (backend === null) return f();
  engine.backend = checkingBackend(backend);
  try {
    return withMode('detectAnomaly', { debug: Math.max(mode.debug, 1) }, () => {
      const result = refusePromise('detectAnomaly', f());
      evaluate(...tensorsOf(result));
      return result;
    });
  } finally {
    engine.backend = backend;
  }
}

/** A backend that exposes the value of every instruction. */
function checkingBackend(backend: HostBackend): HostBackend {
  const checked: HostBackend = {
    ...backend,
    // However long a program is.
    compileAny: (program) => checked.compile(program),
    name: `${backend.name}, checked`,
    // Programs that run rarely are checked too: a walk would expose only the results.
    compileQuickly: () => null,
    allocate: (dtype, size) => backend.allocate(dtype, size),
    release: (array) => backend.release(array),
    compile: (program) => {
      const all = program.instructions
        .map((_, i) => i)
        .filter((i) => program.instructions[i]?.op !== null);
      const executable = backend.compile({ ...program, outputs: [...all, ...program.outputs] });
      return new CheckedExecutable(program, all, executable);
    },
  };
  return checked;
}

class CheckedExecutable implements Executable<TypedArray> {
  private failed = -1;

  private readonly program: Program;
  private readonly all: readonly number[];
  private readonly executable: Executable<TypedArray>;

  constructor(program: Program, all: readonly number[], executable: Executable<TypedArray>) {
    this.program = program;
    this.all = all;
    this.executable = executable;
  }

  get at(): number {
    return this.failed >= 0 ? this.failed : this.executable.at;
  }

  run(inputs: readonly TypedArray[], outputs: readonly (TypedArray | null)[]): TypedArray[] {
    this.failed = -1;
    const { program, all } = this;
    const given = all.map(() => null);
    const results = this.executable.run(inputs, [...given, ...outputs]);
    const values = new Map<number, TypedArray>();
    program.inputs.forEach((slot, k) => values.set(slot, inputs[k] as TypedArray));
    all.forEach((slot, k) => values.set(slot, results[k] as TypedArray));
    program.instructions.forEach((_, i) => this.check(i, values));
    return results.slice(all.length);
  }

  private check(i: number, values: ReadonlyMap<number, TypedArray>): void {
    const found = firstNonFinite(this.program, i, values);
    if (found === null) return;
    this.failed = i;
    throw new ChainruleError(`detectAnomaly: ${found}`);
  }
}

/**
 * @internal Describes instruction `i` if it is the first to make a NaN or an infinity from inputs without any; otherwise null.
 */
export function firstNonFinite(
  { instructions }: Program,
  i: number,
  values: ReadonlyMap<number, TypedArray>,
): string | null {
  const instruction = instructions[i];
  const data = values.get(i);
  if (instruction === undefined || data === undefined || !isFloat(instruction.dtype)) return null;
  const { op, shape } = instruction;
  const where = data.findIndex((x) => (op === null ? Number.isNaN(x) : !Number.isFinite(x)));
  if (where < 0 || op?.name === 'constant') return null;
  const first = instruction.inputs.every((j) => values.get(j)?.every(Number.isFinite) ?? true);
  if (!first) return null;
  const place = shape.length === 0 ? '' : ` at [${indexOf(where, shape).join(', ')}]`;
  if (op === null) return `an input of shape ${show(shape)} holds NaN${place}`;
  const from = instruction.inputs.flatMap((j) => {
    const x = values.get(j);
    return x === undefined || x.length !== sizeOf(shape) ? [] : [String(x[where])];
  });
  const sources = from.length > 0 ? `, from ${from.join(' and ')}` : '';
  return `${op.name} gave ${data[where]}${place} of ${show(shape)}${sources}`;
}

function indexOf(i: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = i;
  for (const n of [...shape].reverse()) {
    index.unshift(rest % n);
    rest = Math.floor(rest / n);
  }
  return index;
}
