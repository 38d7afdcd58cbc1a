/**
 * @file The WebAssembly backend: a program becomes fused loops and matrix products in one SIMD module over one arena.
 *
 * Operations without a kernel run by their reference kernel on the same memory, so that nothing is ever refused.
 */
import { baseOfView } from '../../engine/compile/baseOfView.js';
import { runtime } from '../../graph/runtime.js';
import { lower } from '../../engine/compile/lower.js';
import { loopOf } from '../../engine/loop.js';
import type {
  Executable,
  HostBackend,
  Instruction,
  Program,
  QuickExecutable,
} from '../../engine/program.js';
import { schedule } from '../../engine/compile/schedule.js';
import { simplify } from '../../engine/compile/simplify.js';
import { makeReady } from '../../engine/segmented.js';
import { openThreads, verification, verifySameInterface } from '../node.js';
import type { TypedArray } from '../../graph/dtype.js';
import { sizeOf } from '../../graph/shape.js';
import { interpreter } from '../interpreter/interpreter.js';
import { isScalar, Tape } from '../interpreter/tape.js';
import type { Arrays } from './run/arrays.js';
import { supports } from './elements/elementOps.js';
import { SingleNumbers } from './elements/singleNumbers.js';
import { ListCompiler } from './repeat/listCompiler.js';
import { WasmExecutable } from './run/executable.js';
import { prepare } from './run/prepare.js';
import type { Threads } from './threads/threads.js';
import { NumberTrees } from './walk/numberTrees.js';
import { Walk } from './walk/walk.js';
import { WalkTools } from './walk/walkTools.js';
import { walkedRuns } from './walk/walkedRuns.js';

export interface WasmOptions {
  /** The number of threads that run plans, including the calling one. */
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
  runtime.baseOf = baseOfView;
  let pool: Threads | undefined;
  const poolFor = (): Threads | undefined => {
    if (pool?.outdated === true && !pool.broken) {
      pool.dispose();
      pool = undefined;
    }
    if (threads > 1 && arrays.memory.shared) pool ??= openThreads(arrays.memory, threads);
    return pool;
  };
  const maker = new ListCompiler(arrays, threads, poolFor);
  const tools = new WalkTools(arrays, (loop) => loop.family.repeated(loop, maker));
  const singleNumbers = new SingleNumbers(arrays.memory);
  const walked = (program: Program, trees: NumberTrees | null = null): WasmExecutable =>
    new WasmExecutable(program, new Walk(program, tools, trees).run(program), arrays, null);
  const quickly = (program: Program): QuickExecutable<TypedArray> | null => {
    if (isScalar(program))
      return { executable: new Tape(program, singleNumbers.find), runs: RUNS_OF_TAPES };
    const runs = walkedRuns(program);
    return runs > 0 && willRunInLoops(program) ? { executable: walked(program), runs } : null;
  };
  const backend: WasmBackend = {
    name: 'wasm',
    device: 'cpu',
    threads,
    get lost() {
      return pool?.broken ?? false;
    },
    dispose: () => pool?.dispose(),
    compileAny: (program, meter, atOnce) =>
      makeReady(program, backend, meter, atOnce) as Executable<TypedArray>,
    compile: (program, meter = null) => {
      const simple = simplify(program);
      if (verification.on) verifySameInterface('simplify', program, simple);
      if (meter === null && isManyNumbers(simple)) return walked(simple, new NumberTrees(simple));
      if (runsInLoops(simple)) {
        const prepared = prepare(simple, { arrays, threads, pool: poolFor, maker, meter });
        return new WasmExecutable(simple, prepared, arrays, meter);
      }
      return meter === null
        ? new Tape(simple, singleNumbers.find)
        : interpreter.compile(simple, meter);
    },
    compileQuickly: quickly,
    describe: (program, print) => {
      const simple = simplify(program);
      if (!runsInLoops(simple)) return interpreter.describe(simple, print);
      const scheduled = schedule(simple, (op, dtype) => supports(op, dtype), { windows: true });
      const bodies = simple.instructions.flatMap(({ op, attrs }) =>
        op?.lowering.kind === 'loop' ? loopOf(attrs ?? {}).bodies : [],
      );
      const texts = bodies.map(({ plan }) =>
        backend.describe(plan.program(), print).replace(/^/gm, '  '),
      );
      return [print(scheduled, lower(scheduled)), ...texts.map((text) => `a body:\n${text}`)].join(
        '\n',
      );
    },
    allocate: (dtype, size) => arrays.allocate(dtype, size),
    release: (array) => arrays.release(array),
    nested: (f) => arrays.nested(() => f(backend)),
  };
  return backend;
}

/** After this many runs a graph of single numbers is worth simplifying. */
const RUNS_OF_TAPES = 8;

/**
 * Whether a program runs as loops. All do, so that a value has the same bits in whatever program it is computed, except graphs
 * of single numbers that are computed in less time than compiling takes: they run by a tape with the same functions.
 */
function runsInLoops(program: Program): boolean {
  return !isScalar(program);
}

/** Whether fusing would make a giant kernel of many single numbers: such a graph is walked each time. */
function isManyNumbers({ instructions }: Program): boolean {
  let work = 0;
  let nodes = 0;
  for (const { op, shape, inputs } of instructions) {
    if (op === null || op.lowering.kind === 'alias') continue;
    if (op.lowering.kind === 'loop' || op.lowering.kind === 'loopResult') return false;
    nodes++;
    // What is read counts as much as what is written: a sum writes a single number.
    let most = sizeOf(shape);
    for (const x of inputs) most = Math.max(most, sizeOf((instructions[x] as Instruction).shape));
    work += most;
  }
  return nodes > 500 && work < 8 * nodes;
}

/** What `runsInLoops` will return for the simplified program, determined without simplifying if little could be left of it. */
function willRunInLoops(program: Program): boolean {
  const { instructions } = program;
  if (instructions.length >= 200) return runsInLoops(program);
  return instructions.some((x) => staysLarge(x, instructions)) || runsInLoops(simplify(program));
}

/** Whether an instruction has more than one number, and is of a kind that no simplification removes. */
function staysLarge({ op, inputs, shape }: Instruction, all: readonly Instruction[]): boolean {
  const kind = op?.lowering.kind;
  if (kind !== 'product' && kind !== 'fold') return false;
  return sizeOf(shape) > 1 || inputs.some((x) => sizeOf((all[x] as Instruction).shape) > 1);
}
