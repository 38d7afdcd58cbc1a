/** @file A program: what to compute, free of any tensor. The input and output of every pass of the engine. */
import type { printKernels } from './compile/printKernels.js';
import type { workOf } from './compile/work.js';
import type { DeviceName } from '../graph/device.js';
import type { DType, TypedArray } from '../graph/dtype.js';
import type { Attrs, Primitive } from '../graph/primitive.js';
import type { Shape } from '../graph/shape.js';
import type { Storage } from '../graph/values/storage.js';

/** One value of a program. Its index in the list is its name; its inputs come before it. */
export interface Instruction {
  /** Null for an input of the program. */
  readonly op: Primitive | null;
  readonly attrs: Attrs | null;
  readonly inputs: readonly number[];
  readonly shape: Shape;
  readonly dtype: DType;
  /** Whether this input is a scalar that lies on the host, whatever the device. */
  readonly onHost?: boolean;
  /** Its index in the graph it was collected from, if passes have moved it. */
  readonly origin?: number;
  /** In the body of a loop, the scope in which it was made, without that of the loop. */
  readonly within?: string;
}

/**
 * An instruction in another program, where it reads other slots. All are written out, with their fields in one order: of one
 * that is spread V8 makes an object of a kind of its own, which takes hundreds of bytes.
 */
export function renumbered(
  { op, attrs, shape, dtype, onHost = false }: Instruction,
  inputs: readonly number[],
  origin: number,
): Instruction {
  return { op, attrs, inputs, shape, dtype, onHost, origin };
}

/** A graph in the order it can be computed. */
export interface Program {
  readonly instructions: readonly Instruction[];
  /** The instructions without an operation, in the order in which their values are passed in. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** A program that a backend has made ready. */
export interface Executable<S extends Storage = Storage> {
  /** The index of the instruction being run, to locate errors. */
  readonly at: number;
  /**
   * Runs once. `inputs` are in the program's order and are only read. An output is written to the array given for it,
   * or to a new one; no output shares memory with an input or another output. `scopeOf` says where in a model an instruction
   * was made, for errors that are found only after the run.
   */
  run(
    inputs: readonly S[],
    outputs: readonly (S | null)[],
    scopeOf?: (slot: number) => string,
  ): S[];
  /** Compiles all kernels without blocking; resolves when they are ready. */
  ready?(): Promise<void>;
  /** Frees what it holds. It must not run again. */
  dispose?(): void;
}

/** Turns programs into executables, over values of its own kind. */
export interface Backend<S extends Storage = Storage> {
  readonly name: string;
  /** Where the values of its runs lie. */
  readonly device: DeviceName;
  /** With a `meter`, kernels run one by one and report their times. */
  compile(program: Program, meter?: Meter | null): Executable<S>;
  /**
   * As `compile`, for programs of any length: those that are too long for one plan are cut into segments, each planned
   * `atOnce` or when it has run often enough. By default `compile`.
   */
  compileAny?(program: Program, meter: Meter | null, atOnce?: boolean): Executable<S>;
  /**
   * Makes a program ready that may not run often: in far less time than `compile`, with slower runs and the same bits. Null
   * where that does not pay.
   */
  compileQuickly?(program: Program): QuickExecutable<S> | null;
  /** The kernels it would run a program with, as text. `print` is passed in because few programs need it. */
  describe(program: Program, print: typeof printKernels): string;
  /** An array in its own memory, for values that stay from run to run; null where it has no preferred memory. */
  allocate(dtype: DType, size: number): S | null;
  /** Takes back an array from `allocate` that nobody uses any more. */
  release(array: S): void;
  /** Calls `f`, which runs other programs in the middle of a run, with the backend to run them on. */
  nested<R>(f: (backend: Backend<S>) => R): R;
}

/** A program made ready quickly. */
export interface QuickExecutable<S extends Storage = Storage> {
  readonly executable: Executable<S>;
  /** The number of runs after which it should be compiled for good. */
  readonly runs: number;
}

/** A backend whose values are arrays of JavaScript. */
export type HostBackend = Backend<TypedArray>;

/** The work of one kernel. */
export interface Work {
  /** What kind of kernel it is, with its sizes. */
  readonly name: string;
  /** The operations it computes. */
  readonly operations: readonly string[];
  readonly flops: number;
  readonly bytes: number;
}

/** Collects the times of kernels, in milliseconds. */
export interface Meter {
  report(work: Work, ms: number): void;
  /** Counts what kernels do, in operations and bytes. */
  readonly workOf: typeof workOf;
  /** Registers reports that come later. */
  later(reports: Promise<void>): void;
}

/** A program as text, a line an instruction: `%3 = matmul %0 %2 : float32[64, 10]`. */
export function printProgram({ instructions, outputs }: Program): string {
  const lines = instructions.map(({ op, attrs, inputs, shape, dtype }, i) => {
    const args = inputs.map((j) => ` %${j}`).join('');
    const more = attrs !== null && Object.keys(attrs).length > 0 ? ` ${JSON.stringify(attrs)}` : '';
    return `%${i} = ${op === null ? 'input' : op.name}${args}${more} : ${dtype}[${shape.join(', ')}]`;
  });
  return [...lines, `return ${outputs.map((i) => `%${i}`).join(' ')}`].join('\n');
}
