/**
 * @file Breaks each derivative rule in turn, and shows that the checks of every operation notice.
 *
 * The sign of one rule (reverse or forward) of one primitive is flipped while it runs; then the generic checks of the
 * operations that use the primitive must fail. A rule whose flip nobody notices is not tested: it is listed, and the
 * script ends with 1.
 *
 *     npx ts-node tools/checks/mutateRules.ts [name …]
 */
import { neg, type Tensor } from '@chainrule/autograd';
import { primitives } from '@chainrule/autograd/internal';
import { checksOf, reachedBy, type Check } from '../../packages/autograd/test/opChecks.js';
import * as tables from '../../packages/autograd/test/operations/index.js';

interface Line {
  readonly name: string;
  readonly checks: readonly Check[];
  /** The primitives that its results consist of. */
  readonly reached: ReadonlySet<string>;
}

type Rule = 'vjp' | 'jvp';

const lines: Line[] = Object.values(tables)
  .flatMap((table) => Object.entries(table))
  .map(([name, line]) => ({
    name,
    checks: checksOf(name, line).filter((check) => check.derivative),
    reached: reachedBy(name, line),
  }));

/** Whether a flipped rule has returned anything but zero since this was set to false. */
let mattered = false;

/** Runs `f` with the sign of a rule flipped. */
function flipped<R>(primitive: (typeof primitives)[number], rule: Rule, f: () => R): R {
  const rules = primitive as unknown as Record<Rule, (...args: unknown[]) => Tensor | null>;
  const right = rules[rule];
  rules[rule] = (...args) => {
    const t = right.apply(primitive, args);
    if (t === null) return null;
    mattered ||= t.dataSync().some((x) => x !== 0);
    return neg(t);
  };
  try {
    return f();
  } finally {
    rules[rule] = right;
  }
}

/** The first check that fails, or null. */
function failing(candidates: readonly Line[]): string | null {
  for (const { name, checks } of candidates) {
    for (const check of checks) {
      try {
        check.run();
      } catch {
        return `${name}: ${check.name}`;
      }
    }
  }
  return null;
}

const asked = process.argv.slice(2);
// The results of calls have derivative rules of their own.
const mutable = primitives.filter(
  (p) => p.differentiable && p.name !== 'call' && (asked.length === 0 || asked.includes(p.name)),
);
const survivors: string[] = [];
/** Rules that return zero, whose sign has no effect. */
const zero: string[] = [];
let caught = 0;
for (const primitive of mutable) {
  const users = lines
    .filter((line) => line.reached.has(primitive.name) && line.checks.length > 0)
    .sort((x, y) => x.reached.size - y.reached.size);
  const broken = failing(users.slice(0, 3));
  if (broken !== null) console.log(`${primitive.name}: fails without any mutation: ${broken}`);
  for (const rule of ['vjp', 'jvp'] as const) {
    mattered = false;
    const by = flipped(primitive, rule, () => failing(users));
    if (by === null && users.length > 0 && !mattered) zero.push(`${primitive.name}.${rule}`);
    else if (by === null)
      survivors.push(
        `${primitive.name}.${rule}${users.length === 0 ? ' (no operation reaches it)' : ''}`,
      );
    else caught++;
  }
}
console.log(`${caught} of ${2 * mutable.length} flipped rules were noticed`);
if (zero.length > 0) console.log(`zero almost everywhere: ${zero.join(', ')}`);
for (const survivor of survivors) console.log(`not noticed: ${survivor}`);
process.exitCode = survivors.length > 0 ? 1 : 0;
