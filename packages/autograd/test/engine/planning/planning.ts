/** @file The programs that the engine would run for `f`, planned and printed. */
import { supports } from '../../../src/backends/wasm/elements/elementOps.js';
import { lower, type Lowered } from '../../../src/engine/compile/lower.js';
import { printKernels } from '../../../src/engine/compile/printKernels.js';
import type { Program } from '../../../src/engine/program.js';
import { schedule } from '../../../src/engine/compile/schedule.js';
import type { Schedule } from '../../../src/engine/compile/steps.js';
import { simplify } from '../../../src/engine/compile/simplify.js';
import { verifySameInterface, verifySchedule } from '../../../src/engine/compile/verify.js';
import { engine } from '../../../src/internal.js';

/** The programs that run while `f` does, with what asked for each. */
export function programsOf(f: () => void): { readonly why: string; readonly program: Program }[] {
  const found: { why: string; program: Program }[] = [];
  const outer = engine.onRun;
  engine.onRun = (program, why) => found.push({ why, program });
  try {
    f();
  } finally {
    engine.onRun = outer;
  }
  return found;
}

/** What a simplified program is planned as. */
export function planOf(program: Program): {
  readonly scheduled: Schedule;
  readonly steps: Lowered[];
} {
  const scheduled = schedule(program, (op, dtype) => supports(op, dtype));
  const steps = lower(scheduled);
  verifySchedule(program, scheduled, steps);
  return { scheduled, steps };
}

/** The kernels of a program as text; each pass is checked. */
export function kernelsOf(program: Program): string {
  const simple = simplify(program);
  verifySameInterface('simplify', program, simple);
  const { scheduled, steps } = planOf(simple);
  return printKernels(scheduled, steps);
}
