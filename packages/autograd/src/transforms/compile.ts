/** @file `compile`: records a function's graph once, with its backward pass and updates, and replays one plan. */
import { checkArgument, refuseSurplus } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { engine } from '../engine/engine.js';
import { record } from '../engine/recording/record.js';
import type { Recording } from '../engine/recording/recording.js';
import { replay } from '../engine/recording/replay.js';
import { argumentLeaves, fitsFacts, fitsLeaves } from '../engine/recording/signature.js';
import { explainRecompile } from '../engine/recording/explainRecompile.js';
import type { Cell } from '../graph/cells/cell.js';
import { mode, withMode } from '../graph/mode.js';
import type { Tensor } from '../graph/tensor.js';
import { differentiable, linkOf, type Differentiable } from './compiledGradient.js';

/** The signatures that are remembered: the `last` always, and `most` as long as their arguments have fewer `bytes`. */
const SIGNATURES = { last: 64, most: 512, bytes: 2 ** 25 };

/** This many recordings in a row, with none reused in between, are more than first calls explain. */
const MAX_CONSECUTIVE = 8;

/** This many recordings in a row that make cells are more than an optimizer's first steps explain. */
const MAX_CELL_RECORDINGS = 8;

/**
 * Records `f` once for each signature of its arguments, and replays one plan from then on: forward pass,
 * `backward()` and `step()` together, without building a graph.
 *
 * The signature consists of
 * - the shapes, dtypes and `requiresGrad` of the tensors among the arguments, which of them are the same tensor, and
 * the parameters and cells themselves;
 * - the plain values among the arguments, except numbers: these are inputs and may change (whether a number is whole
 * may decide a dtype, and then it counts);
 * - every `training` and `requiresGrad` flag that `f` read, and the hooks, parameters, modules and settings (plain
 * values) of the modules that it called.
 *
 * Numbers captured from outside are constants of the recording. Parameters, buffers and states are read at every
 * call and updated in place; so are learning rates. Random numbers continue from call to call. A function that makes
 * parameters, cells, modules or optimizers is recorded again at each call that makes some.
 *
 * A compiled function is differentiable like any other: its results require grad where those of `f` do, in both
 * modes and to any order. Its backward pass is a plan of its own, which computes the forward pass again instead of
 * keeping it. Losses that `f` has differentiated itself are detached, and so are results that depend on parameters
 * which `f` updates. Inside `vmap` and inside another compiled function it becomes part of what is recorded there.
 * PyTorch: `torch.compile` of a whole training step; JAX: `jit`.
 *
 * @throws {ChainruleError} if `f` reads a value that another call may change, or decides by one: it runs only once.
 * Captured tensors that are not cells are constants too, and can be read.
 * @example
 * const step = compile((x: Tensor, y: Tensor) => {
 *   optimizer.zeroGrad();
 *   const loss = criterion.forward(model.forward(x), y);
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * });
 */
export function compile<Args extends unknown[] = Tensor[], R = unknown>(
  f: (...args: Args) => R,
): CompiledFunction<Args, R>;
export function compile<Args extends unknown[], R>(
  f: (...args: Args) => R,
  surplus?: unknown,
): CompiledFunction<Args, R> {
  refuseSurplus('compile', surplus);
  checkArgument('compile', 'f', f, kinds.callable);
  const recordings: Compiled[] = [];
  let anew = 0;
  let inRow = 0;
  let warned = false;
  const find = (args: Args, leaves: readonly unknown[]): Compiled => {
    let compiled = recordings.find((r) => fits(r.recording, leaves));
    if (compiled?.hasRun === true && compiled.recording.makesCells) {
      recordings.splice(recordings.indexOf(compiled), 1);
      compiled = undefined;
      if (++anew === MAX_CELL_RECORDINGS) warnOfCells();
    }
    if (compiled === undefined) {
      inRow++;
      const [last] = recordings;
      if (last !== undefined && (mode.debug > 0 || (inRow === MAX_CONSECUTIVE && !warned)))
        warned = reportRecompile(last.recording, args, inRow) || warned;
      const recording = record(f as (...args: unknown[]) => unknown, args, leaves);
      compiled = { recording, graph: differentiable(recording), hasRun: false };
      recordings.unshift(compiled);
      forgetOldest(recordings);
    } else inRow = 0;
    return compiled;
  };
  const call = (...args: Args): R => {
    if (mode.tracing !== null || mode.inline) return f(...args); // becomes part of the other recording
    const leaves = argumentLeaves(args);
    const compiled = find(args, leaves);
    const { recording, graph } = compiled;
    compiled.hasRun = true;
    return replay(recording, leaves, graph === null ? null : linkOf(graph, leaves)) as R;
  };
  const ready = async (...args: Args): Promise<void> => {
    const { plan, backend } = find(args, argumentLeaves(args)).recording;
    // Recording and planning take about equally long: a page gets a turn between them.
    await new Promise((turn) => setTimeout(turn));
    plan.isRepeated = true;
    await plan.compile(backend).ready?.();
  };
  return Object.assign(call, { ready });
}

/** What `compile` returns. */
export interface CompiledFunction<Args extends unknown[], R> {
  (...args: Args): R;
  /**
   * Records the function for arguments like these and compiles its kernels, without running it: in parts, between which a page
   * can draw; on WebGPU, where it takes seconds at first, in parallel and without blocking the page.
   * @example await step.ready(x, y);
   */
  ready(...args: Args): Promise<void>;
}

/**
 * Runs `f` with every compiled function called as it was written: to step through it, or to run it with other
 * parameters than those it was recorded with. JAX: `jax.disable_jit`.
 * @example withoutCompile(() => step(x, y))
 */
export function withoutCompile<R>(f: () => R): R {
  return withMode('withoutCompile', { inline: true }, f);
}

interface Compiled {
  readonly recording: Recording;
  /** How its results are differentiated; null if none is. */
  readonly graph: Differentiable | null;
  hasRun: boolean;
}

/** Drops the oldest recordings: each holds the arguments of its last call. */
function forgetOldest(recordings: Compiled[]): void {
  const { last, most, bytes } = SIGNATURES;
  let held = 0;
  const end = recordings.findIndex(({ recording: { inputs, sources } }, k) => {
    inputs.forEach((x, i) => (held += sources[i]?.kind === 'argument' ? x.byteLength : 0));
    return k >= most || (k >= last && held > bytes);
  });
  if (end >= 0) recordings.length = end;
}

/**
 * Reports why a function is recorded again: each time in debug mode, otherwise as a warning, unless the cause may well occur at
 * many calls. Returns whether it warned.
 */
function reportRecompile(last: Recording, args: readonly unknown[], inRow: number): boolean {
  const { text, mayVary } = explainRecompile(last, args);
  if (mode.debug > 0) console.log(`chainrule: compile records again: ${text}`);
  else if (!mayVary)
    console.warn(
      `compile: the function was recorded at each of the last ${inRow} calls, which is slow: ${text}. Give what changes as a ` +
        'tensor or as a number among the arguments, or keep it out of the function',
    );
  return mode.debug === 0 && !mayVary;
}

function warnOfCells(): void {
  console.warn(
    'compile: the function makes cells (a Parameter, a cell, a module, an optimizer) at every call, so it is recorded ' +
      'at every call too, which is slow; make them outside',
  );
}

function fits(
  { grad, facts, captured, leafFacts, guards, backend, cells }: Recording,
  leaves: readonly unknown[],
): boolean {
  if (
    grad !== mode.grad ||
    backend !== (engine.devices.get(backend.device) ?? engine.backend) ||
    !fitsFacts(facts, captured, leaves) ||
    !fitsLeaves(leafFacts)
  ) {
    return false;
  }
  for (let k = 0; k < cells.length; k++) {
    const { home } = (cells[k] as Cell).current;
    if (home !== null && home !== backend.device) return false;
  }
  for (const { read, value } of guards) if (!Object.is(read(), value)) return false;
  return true;
}
