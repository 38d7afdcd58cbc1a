/**
 * @file Reports in debug mode which line of a program makes a new structure each time, and what differs: such a program never
 * finds its plans again.
 */
import type { Instruction } from './program.js';
import { captureStack } from '../graph/stacks.js';
import { userLine } from './userLine.js';

/** The counts of new structures at which a line is reported. */
const REPORTED_COUNTS: ReadonlySet<number> = new Set([4, 40, 400, 4000]);

/** The lines that asked for new structures: how many, and the last one. */
const sites = new Map<string, { count: number; last: readonly Instruction[] }>();
/** The most lines that are remembered. */
const MAX_SITES = 256;

/** Notes a structure for which no plan was found. */
export function reportNewStructure(instructions: readonly Instruction[]): void {
  const line = userLine(captureStack());
  if (line === '') return;
  const site = sites.get(line);
  if (site === undefined) {
    if (sites.size >= MAX_SITES) sites.clear();
    sites.set(line, { count: 1, last: instructions });
    return;
  }
  site.count++;
  if (REPORTED_COUNTS.has(site.count))
    console.log(
      `chainrule: ${site.count} new structures so far, ${line}: in the last, ${difference(site.last, instructions)}`,
    );
  site.last = instructions;
}

/** The first thing in which two structures differ. */
function difference(before: readonly Instruction[], now: readonly Instruction[]): string {
  const at = now.findIndex((x, i) => !same(x, before[i]));
  const [x, y] = [now[at], before[at]];
  if (x === undefined || y === undefined)
    return `there are ${now.length} operations and inputs instead of ${before.length}`;
  const name = x.op?.name ?? 'an input';
  if (x.op !== y.op) return `number ${at} is ${name} instead of ${y.op?.name ?? 'an input'}`;
  const [shape, old] = [x.shape, y.shape].map((s) => `[${s.join(', ')}]`);
  if (shape !== old) return `${name} has shape ${shape} instead of ${old}`;
  if (x.dtype !== y.dtype) return `${name} is ${x.dtype} instead of ${y.dtype}`;
  const [attrs, others] = [x, y].map((z) => JSON.stringify(z.attrs));
  if (attrs !== others) return `${name} has ${attrs} instead of ${others}`;
  return `${name} has other inputs`;
}

function same(x: Instruction, y: Instruction | undefined): boolean {
  return (
    y !== undefined &&
    x.op === y.op &&
    x.dtype === y.dtype &&
    x.shape.join() === y.shape.join() &&
    x.inputs.join() === y.inputs.join() &&
    JSON.stringify(x.attrs) === JSON.stringify(y.attrs)
  );
}
