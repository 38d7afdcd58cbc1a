/** @file Describes as text what would run; the debug level. */
import { checkArgument } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import { collect } from '../engine/collect.js';
import { deviceOf, engine, planningCounts } from '../engine/engine.js';
import { Plan } from '../engine/plan.js';
import { printProgram, type Program } from '../engine/program.js';
import { reportNewStructure } from '../engine/structureWarnings.js';
import { planning } from '../engine/plan.js';
import { describeKernels } from '../engine/segmented.js';
import { mode } from '../graph/mode.js';
import type { Tensor } from '../graph/tensor.js';
import { isNumber } from '../graph/version.js';

/**
 * What would be computed if the tensor were read now: its program, one operation per line, and the fused kernels. Nothing is
 * evaluated.
 * @example console.log(explain(x.mul(2).sum()))
 */
export function explain(t: Tensor): string {
  const node = checkArgument('explain', 't', t, kinds.tensor).current;
  const kind = `${node.dtype}[${node.sizes.join(', ')}]`;
  if (node.value !== null || isNumber(node)) return `nothing: this ${kind} has its value already`;
  const graph = collect([node], { byPosition: true });
  const program = new Plan(graph.structure.copy(), graph, graph.leaves).program();
  const { instructions, inputs } = program;
  const computed = instructions.filter((i) => i.op !== null && i.op.name !== 'constant');
  const backend = engine.devices.get(deviceOf([node])) ?? engine.backend;
  return (
    `${kind}: ${count(computed.length, 'operation')} on ${count(inputs.length, 'input')}, by ${backend?.name ?? 'no backend'}\n` +
    `${printProgram(program)}\n` +
    `as: ${backend === null ? '' : describeKernels(program, backend)}` +
    planningWarning()
  );
}

/** From this many runs on, their ratio means something. */
const MIN_RUNS = 50;

/** A warning if most runs so far had structures that had not been seen before. */
function planningWarning(): string {
  const { walked, made, found } = planningCounts();
  if (walked + made < MIN_RUNS || walked + made <= found) return '';
  return (
    `\nnote: most runs so far had a structure not seen before (${walked} run at first sight, ${made} planned, ${found} ` +
    'found their plans): setDebug(1) names the lines that make a new one each time'
  );
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

/**
 * Sets how much is reported. 0: nothing (the default). 1: nodes record the line that made them, for errors and graphs, which
 * costs some microseconds each. A warning names each line whose structure differs at every step, so that no plan is ever
 * reused, and what differs; another says why a compiled function is recorded again. 2: every run is reported on the console. 3:
 * each run with its program.
 * @example setDebug(1); // from here on, errors name the lines of your code
 */
export function setDebug(level: number): void {
  checkArgument('setDebug', 'level', level, kinds.oneOf(0, 1, 2, 3));
  mode.debug = level;
  planning.onNew = level > 0 ? reportNewStructure : null;
  engine.onRun = level < 2 ? null : (program, why) => report(program, why, level);
}

function report(program: Program, why: string, level: number): void {
  const { instructions, inputs, outputs } = program;
  const computed = instructions.length - inputs.length;
  console.log(
    `${why}: ${count(computed, 'operation')}, ${count(inputs.length, 'input')}, ${count(outputs.length, 'result')}`,
  );
  if (level >= 3) console.log(printProgram(program));
}
