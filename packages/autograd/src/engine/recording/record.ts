/**
 * @file Records a function for `compile`: runs it once on placeholders, notes what it does, and undoes all that it changed.
 */
import { Cell, pendingCells } from '../../graph/cells/cell.js';
import { generator } from '../../graph/generatorState.js';
import { extraOf } from '../../graph/cells/gradient.js';
import { recording, withMode } from '../../graph/mode.js';
import { runtime } from '../../graph/runtime.js';
import { newestId, type Tensor } from '../../graph/tensor.js';
import { constant, isWhole, Placeholder } from '../../graph/version.js';
import { isTensor } from '../../tree.js';
import { capture, startingCells } from './capture.js';
import { engine } from '../engine.js';
import { evaluate } from '../evaluate.js';
import type { GradBefore, Recording, ArgumentPlaceholders } from './recording.js';
import { factsOf, substitute } from './signature.js';

/**
 * Records `f` for `args`, whose leaves are `leaves`; `fixed` are tensors among them that get no placeholder, and `recorder`
 * is the public function that the user called.
 */
export function record(
  f: (...args: unknown[]) => unknown,
  args: readonly unknown[],
  leaves: readonly unknown[],
  fixed: ReadonlySet<unknown> = new Set(),
  recorder = 'compile',
): Recording {
  evaluate(); // every cell starts from a version with a value
  const outer = { ...recording };
  Object.assign(recording, {
    guards: [],
    cells: new Map(),
    life: 'unknown',
    grads: new Map(),
    held: new Map(),
    hold: null,
    after: [],
  });
  const since = constant(0, 'float32').id;
  const argumentNodes = placeholderFor(leaves, fixed, since, recorder);
  recording.since = newestId();
  let recorded: Recording;
  engine.building++;
  try {
    const given = substitute(args, argumentNodes.placeholders) as unknown[];
    const result = withMode(recorder, { tracing: 'compile', inside: null, recorder }, () =>
      f(...given),
    );
    recorded = capture(result, argumentNodes);
  } finally {
    engine.building--;
    for (const cell of [...pendingCells]) cell.revert();
    for (const [leaf, before] of recording.grads as Map<Tensor, GradBefore>) {
      extraOf(leaf).grad = before.grad;
      if (before.live) before.grad?.restore();
      else before.grad?.clear();
    }
    generator.offset = argumentNodes.start;
    const made = startingCells();
    Object.assign(recording, outer);
    evaluate(...made); // cells made meanwhile, such as an optimizer's state, take their first values
  }
  // A tensor that is both captured and given as an argument has one gradient.
  const twice = leaves.filter(
    (leaf) => recorded.captured.has(leaf) && !(leaf instanceof Cell) && !fixed.has(leaf),
  );
  return twice.length === 0
    ? recorded
    : record(f, args, leaves, new Set([...fixed, ...twice]), recorder);
}

function placeholderFor(
  leaves: readonly unknown[],
  fixed: ReadonlySet<unknown>,
  since: number,
  recorder: string,
): ArgumentPlaceholders {
  const stand = new Map<unknown, Placeholder>();
  const gradients = new Map<number, Tensor>();
  const cells = new Set<Cell | null>();
  const placeholders = leaves.map((leaf, index) => {
    if (typeof leaf === 'number') return new Placeholder([], 'float64', { whole: isWhole(leaf) });
    if (!isTensor(leaf) || leaf instanceof Cell || fixed.has(leaf)) return null;
    const known = stand.get(leaf);
    if (known !== undefined) return known;
    const made = new Placeholder(leaf.sizes, leaf.dtype, {
      requiresGrad: leaf.needsGrad,
      leaf: leaf.isLeaf,
      home: leaf.current.home,
    });
    stand.set(leaf, made);
    // The hooks of a tensor that is not a leaf are called where its gradient flows on from it.
    if (leaf.extra !== null && leaf.needsGrad && leaf.isLeaf) {
      extraOf(made).hooks.push(...leaf.extra.hooks);
      if ((leaf.extra.grad?.live ?? null) !== null) {
        const gradient = new Placeholder(leaf.sizes, leaf.dtype, { home: leaf.current.home });
        gradients.set(index, gradient);
        // Inside the recording, as this gradient is a placeholder for that of an argument.
        withMode(recorder, { tracing: 'compile' }, () => runtime.assignGrad(made, gradient));
        cells.add(made.extra?.grad ?? null);
      }
    }
    return made;
  });
  const facts = factsOf(leaves, placeholders);
  return { placeholders, gradients, cells, facts, start: generator.offset, since };
}
