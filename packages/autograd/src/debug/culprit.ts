/** @file Finds the operation to blame afterwards: the last backward pass is run again, with every result checked. */
import { backendInUse } from '../engine/engine.js';
import { lastRun, type Run } from '../engine/lastRun.js';
import { Cell } from '../graph/cells/cell.js';
import type { TypedArray } from '../graph/dtype.js';
import { isHost } from '../graph/values/storage.js';
import { show } from '../graph/shape.js';
import { firstNonFinite } from './anomaly.js';

/**
 * From now on, keeps the inputs of the last `backward()` or compiled step until the next one, so that {@link culprit} can
 * answer. It costs the memory of one batch.
 */
export function rememberRuns(): void {
  lastRun.enabled = true;
}

/** Forgets the inputs of the last pass, as its results were fine. */
export function forgetRun(): void {
  lastRun.run = null;
}

/**
 * The first operation of the last `backward()`, or of the last compiled step, whose result held a NaN or an infinity,
 * with the element, the numbers it was computed from and its module; null if there was none, or if nothing was
 * kept (see {@link rememberRuns}). Call it before the next run.
 */
export function culprit(): string | null {
  const run = lastRun.run;
  if (run === null) return null;
  const { program, inputs } = run;
  const all = program.instructions.flatMap(({ op }, i) => (op === null ? [] : [i]));
  // Values on a device cannot be read without waiting.
  if (!inputs.every(isHost)) return null;
  const executable = backendInUse().compile({ ...program, outputs: all });
  const results = executable.run(
    inputs,
    all.map(() => null),
  );
  const values = new Map<number, TypedArray>();
  program.inputs.forEach((slot, k) => values.set(slot, inputs[k] as TypedArray));
  all.forEach((slot, k) => values.set(slot, results[k] as TypedArray));
  return ofLeaves(run, values) ?? ofOperations(run, values);
}

/** Values computed before the pass are checked first: if several are not finite, the oldest is named. */
function ofLeaves({ program, nodes }: Run, values: ReadonlyMap<number, TypedArray>): string | null {
  const slots = [...program.inputs].sort((a, b) => (nodes[a]?.id ?? a) - (nodes[b]?.id ?? b));
  for (const slot of slots) {
    const found = firstNonFinite(program, slot, values);
    const data = values.get(slot);
    const node = nodes[slot];
    if (node?.cell instanceof Cell && node.cell.label !== '') {
      if (found !== null) return `${node.cell.label} holds NaN`;
    } else if (node !== undefined && node.cell === null && node.inputs.length > 0) {
      const x = data?.find((v) => !Number.isFinite(v));
      if (x !== undefined)
        return `${node.op?.name} gave ${x} in ${show(node.sizes)}${within(node.scope)}`;
    } else if (found !== null) {
      return found;
    }
  }
  return null;
}

function ofOperations(run: Run, values: ReadonlyMap<number, TypedArray>): string | null {
  for (const [i, { op }] of run.program.instructions.entries()) {
    const found = op === null ? null : firstNonFinite(run.program, i, values);
    if (found !== null) return `${found}${within(scopeOf(run, i))}`;
  }
  return null;
}

/** The scope of an instruction; for one of the backward pass, that of the forward result which it reads. */
function scopeOf({ program, nodes }: Run, i: number): string {
  const seen = new Set<number>();
  const queue = [i];
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    const scope = nodes[at]?.scope ?? '';
    if (scope !== '') return at === i ? scope : `the backward pass of ${scope}`;
    for (const j of program.instructions[at]?.inputs ?? []) {
      if (seen.has(j)) continue;
      seen.add(j);
      queue.push(j);
    }
  }
  return '';
}

function within(scope: string): string {
  return scope === '' ? '' : ` (in ${scope})`;
}
