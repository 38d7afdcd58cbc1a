/**
 * @file The WebAssembly backend: a program becomes fused loops and matrix products in one SIMD module over one arena.
 *
 * What no loop can do runs by its reference kernel on the same memory, so that nothing is ever refused.
 */
import { lower, printKernels } from '../../engine/compile/lower.js';
import { loopOf } from '../../engine/loop.js';
import type { HostBackend, Instruction, Program } from '../../engine/program.js';
import { schedule } from '../../engine/compile/schedule.js';
import { simplify } from '../../engine/compile/simplify.js';
import { verification, verifySameInterface } from '../../engine/compile/verify.js';
import { sizeOf } from '../../graph/shape.js';
import { interpreter } from '../interpreter/interpreter.js';
import { isScalar } from '../interpreter/tape.js';
import type { Arrays } from './run/arrays.js';
import { supports } from './elements/elementOps.js';
import { WasmExecutable } from './run/executable.js';
import { prepare } from './run/prepare.js';
import { ThreadPool } from './run/pool.js';
import { Walk } from './walk/walk.js';
import { WalkTools } from './walk/walkTools.js';
import { worthWalking } from './walk/worthWalking.js';

export interface WasmOptions {
  /** Threads to run plans with, the calling one among them. */
  readonly threads: number;
  readonly arrays: Arrays;
}

export interface WasmBackend extends HostBackend {
  readonly threads: number;
  /** Whether workers failed or could not be started: plans then run on one thread. */
  readonly lost: boolean;
  /** Ends the workers; plans then run on one thread. */
  dispose(): void;
}

/** A backend over a memory. */
export function wasmBackend({ threads, arrays }: WasmOptions): WasmBackend {
  let pool: ThreadPool | undefined;
  const poolFor = (): ThreadPool | undefined => {
    if (threads > 1 && arrays.memory.shared) pool ??= new ThreadPool(arrays.memory, threads);
    return pool;
  };
  const tools = new WalkTools(arrays);
  const backend: WasmBackend = {
    name: 'wasm',
    device: 'cpu',
    threads,
    get lost() {
      return pool?.broken ?? false;
    },
    dispose: () => pool?.dispose(),
    compile: (program, meter = null) => {
      const simple = simplify(program);
      if (verification.on) verifySameInterface('simplify', program, simple);
      return runsInLoops(simple)
        ? new WasmExecutable(
            simple,
            prepare(simple, { arrays, threads, pool: poolFor, meter }),
            arrays,
            meter,
          )
        : interpreter.compile(simple, meter);
    },
    compileQuickly: (program) =>
      worthWalking(program) && willRunInLoops(program)
        ? new WasmExecutable(program, new Walk(program, tools).run(program), arrays, null)
        : null,
    describe: (program) => {
      const simple = simplify(program);
      if (!runsInLoops(simple)) return interpreter.describe(simple);
      const scheduled = schedule(simple, (op, dtype) => supports(op, dtype));
      const bodies = simple.instructions.flatMap(({ op, attrs }) =>
        op?.lowering.kind === 'loop' ? loopOf(attrs ?? {}).bodies : [],
      );
      const texts = bodies.map(({ plan }) => backend.describe(plan.program()).replace(/^/gm, '  '));
      return [
        printKernels(scheduled, lower(scheduled)),
        ...texts.map((text) => `a body:\n${text}`),
      ].join('\n');
    },
    allocate: (dtype, size) => arrays.allocate(dtype, size),
    release: (array) => arrays.release(array),
    // Memory that is not shared detaches the arrays of the outer run when it grows.
    nested: (f) => (arrays.memory.shared ? arrays.nested(() => f(backend)) : f(interpreter)),
  };
  return backend;
}

/** Decided by the program alone, so that the same graph always gives the same bits. */
function runsInLoops(program: Program): boolean {
  return worthCompiling(program) && !isScalar(program);
}

/** What `runsInLoops` will say of a program when it is simplified; found without, where little could be left of it. */
function willRunInLoops(program: Program): boolean {
  const { instructions } = program;
  if (instructions.length >= 200) return runsInLoops(program);
  return instructions.some((x) => staysLarge(x, instructions)) || runsInLoops(simplify(program));
}

/** Whether an instruction alone is worth loops, and is of a kind that no simplification removes. */
function staysLarge({ op, inputs, shape }: Instruction, all: readonly Instruction[]): boolean {
  const kind = op?.lowering.kind;
  if (kind !== 'product' && kind !== 'fold') return false;
  return (
    sizeOf(shape) > WORTH_LOOPS ||
    inputs.some((x) => sizeOf((all[x] as Instruction).shape) > WORTH_LOOPS)
  );
}

/** So many elements are worth a loop. */
const WORTH_LOOPS = 256;

function worthCompiling({ instructions }: Program): boolean {
  let work = 0;
  let nodes = 0;
  for (const { op, attrs, shape, inputs } of instructions) {
    if (op === null || op.lowering.kind === 'alias') continue;
    if (op.lowering.kind === 'loop' && loopOf(attrs ?? {}).kind === 'scan') return true;
    nodes++;
    // What is read counts as much as what is written: a sum leaves one number.
    work += inputs.reduce(
      (n, x) => Math.max(n, sizeOf((instructions[x] as Instruction).shape)),
      sizeOf(shape),
    );
  }
  // A graph of many numbers would become a giant kernel; a few numbers are computed sooner than compiled.
  if (nodes > 500 && work < 8 * nodes) return false;
  return work > WORTH_LOOPS || nodes > 24;
}
