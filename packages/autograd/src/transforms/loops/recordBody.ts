/** @file Records the body of a loop or a branch: calls it once, on placeholders for its inputs. */
import { display } from '../../arguments/display.js';
import { reading } from '../../arguments/reading.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import type { Cell } from '../../graph/cells/cell.js';
import { isFloat } from '../../graph/dtype.js';
import { generator } from '../../graph/generatorState.js';
import { assigned, mode, withMode, type LoopName } from '../../graph/mode.js';
import { sameShape, show, type Shape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { constant, Placeholder } from '../../graph/version.js';
import { flatten, flattenLike, isTensor, type Structure, type Tree, shown } from '../../tree.js';
import { withGraphBuilding } from '../variable.js';

/** The recording of a body. */
export interface RecordedBody {
  readonly since: number;
  readonly start: number;
  readonly draws: number;
  readonly result: unknown;
  /** The cells that it has assigned: their versions before, and at its end. */
  readonly cells: readonly {
    readonly cell: Cell;
    readonly before: Tensor;
    readonly after: Tensor;
  }[];
}

/** Calls `f`, and undoes its changes. The random generator keeps its offset. */
export function recordBody(name: LoopName, f: () => unknown): RecordedBody {
  const since = constant(0, 'float32').id;
  const start = generator.offset;
  const outer = assigned.cells;
  const assignedCells = new Map<unknown, unknown>();
  assigned.cells = assignedCells;
  let result: unknown;
  let draws = 0;
  const cells: { cell: Cell; before: Tensor; after: Tensor }[] = [];
  try {
    result = withMode(name, { tracing: mode.tracing ?? name, body: name, inside: {} }, () =>
      withGraphBuilding(mode.grad, f),
    );
    draws = generator.offset - start;
  } finally {
    assigned.cells = outer;
    generator.offset = start;
    for (const [cell, version] of assignedCells as Map<Cell, unknown>) {
      const after = cell.current;
      cells.push({ cell, before: cell.rewind(version), after });
    }
  }
  return { since, start, draws, result, cells };
}

/** The placeholder of a tensor in a body; for a sequence without its first dimension. */
export function placeholderFor(x: Tensor, shape: Shape = x.sizes): Placeholder {
  return new Placeholder(shape, x.dtype, { requiresGrad: isFloat(x.dtype) });
}

/** The names of the tensors of a tree: `carry.h`, `carry[0]`. */
export function namesOf(name: string, tree: Tree): string[] {
  if (isTensor(tree)) return [name];
  if (typeof tree !== 'object' || tree === null || flatten(tree).structure.size === 0) return [];
  const isArray = Array.isArray(tree);
  return Object.entries(tree).flatMap(([key, part]) =>
    namesOf(isArray ? `${name}[${key}]` : `${name}.${key}`, part),
  );
}

const CARRY_MISMATCH = { who: 'the body', what: 'a carry like the one it is given' };

/** The tensors that a body returned, which must match `like`, whose tensors are called `names`. */
export function checkMatches(
  op: string,
  returned: Tree,
  { leaves, structure }: { readonly leaves: readonly Tensor[]; readonly structure: Structure },
  names: readonly string[],
  { who, what }: { readonly who: string; readonly what: string } = CARRY_MISMATCH,
): Tensor[] {
  const got = flattenLike(returned, structure);
  if (got.structure.text !== structure.text) {
    throw new ShapeError(
      `${op}: ${who} must return ${what}, ${shown(structure)}; got ${shown(got.structure)}`,
    );
  }
  return got.leaves.map((y, k) => {
    const x = leaves[k] as Tensor;
    if (!sameShape(y.sizes, x.sizes)) {
      throw new ShapeError(
        `${op}: ${names[k] ?? 'the carry'} has shape ${show(x.sizes)}, but ${who} returns ${show(y.sizes)} for it; ` +
          `they must be equal`,
      );
    }
    if (y.dtype !== x.dtype) {
      throw new DTypeError(
        `${op}: ${names[k] ?? 'the carry'} is ${x.dtype}, but ${who} returns ${y.dtype} for it; cast one: ` +
          `cast(x, '${x.dtype}')`,
      );
    }
    return y.current;
  });
}

/** Refuses a tree with leaves that are not tensors, which a loop could never change. */
export function checkTensors(op: string, what: string, tree: Tree): void {
  flatten(tree); // refuses what cannot be read or contains itself
  const bad = reading(op, what, () => nonTensorLeaf(tree));
  if (bad !== null)
    throw new ChainruleError(
      `${op}: ${what} must hold only tensors, got ${bad}; write scalar(x) for a number`,
    );
}

function nonTensorLeaf(tree: Tree): string | null {
  if (isTensor(tree) || tree === null || tree === undefined) return null;
  if (typeof tree !== 'object') return display(tree);
  for (const part of Object.values(tree)) {
    const bad = nonTensorLeaf(part);
    if (bad !== null) return bad;
  }
  return null;
}
