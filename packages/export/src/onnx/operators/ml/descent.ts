/**
 * @file Evaluates all trees for all rows, one level at a time: for each row and tree there is a current node, which says
 * which feature to compare with what. So the program has the same size however many trees there are.
 */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { range, vectorOf } from '../helpers.js';
import { MEMBER, type Forest } from './forest.js';

/** The depth of the deepest leaf; a tree with a cycle is refused. */
function depthOf(call: Call, { roots, mode, onTrue, onFalse }: Forest): number {
  let level = [...roots];
  for (let depth = 0; depth <= mode.length; depth++) {
    level = [...new Set(level.flatMap((i) => (mode[i] === -1 ? [] : [onTrue[i]!, onFalse[i]!])))];
    if (level.length === 0) return depth;
  }
  return call.refuse('a tree leads back to itself');
}

const intsOf = (data: readonly number[]): cr.Tensor => cr.tensor(Int32Array.from(data));

/** The leaf that each row of `x` reaches in each tree, `[rows, trees]`. */
function leaves(call: Call, x: cr.Tensor, forest: Forest): cr.Tensor {
  const { roots, feature, threshold, mode, onTrue, onFalse, missing } = forest;
  const rows = x.shape[0] as number;
  const width = x.shape[1] as number;
  const bad = feature.find((f, i) => mode[i] !== -1 && !(f >= 0 && f < width));
  if (bad !== undefined) call.refuse(`there is no feature ${bad} among ${width}`);
  const [features, thresholds] = [
    intsOf(feature.map((f, i) => (mode[i] === -1 ? 0 : f))),
    vectorOf(threshold.length === 0 ? mode.map(() => 0) : [...threshold], x.dtype),
  ];
  const [yes, no] = [intsOf(onTrue), intsOf(onFalse)];
  const modes = new Set(mode.filter((m) => m >= 0));
  const modeOf = intsOf(mode);
  const tracks = missing.includes(true) ? intsOf(missing.map(Number)) : null;
  const sets = modes.has(MEMBER) ? setsOf(forest, x.dtype) : null;
  const read = (t: cr.Tensor, at: cr.Tensor): cr.Tensor =>
    t.indexSelect(0, at.reshape([-1])).reshape([...at.shape, ...t.shape.slice(1)]);
  let at: cr.Tensor = cr.expand(intsOf(roots).unsqueeze(0), [rows, roots.length]);
  for (let depth = depthOf(call, forest); depth > 0; depth--) {
    const value = x.gather(1, read(features, at));
    const bound = read(thresholds, at);
    const holds = [...modes].reduce<cr.Tensor | null>((all, m) => {
      const now =
        sets !== null && m === MEMBER
          ? value.unsqueeze(-1).eq(read(sets, at)).any(-1)
          : compared(m, value, bound);
      return all === null ? now : cr.where(read(modeOf, at).eq(m), now, all);
    }, null) as cr.Tensor;
    const goes =
      tracks === null ? holds : holds.logicalOr(value.ne(value).logicalAnd(read(tracks, at).eq(1)));
    at = cr.where(goes, read(yes, at), read(no, at));
  }
  return at;
}

/** The set of each node as a row, padded with NaN, which equals nothing. */
function setsOf({ mode, sets }: Forest, dtype: cr.DType): cr.Tensor {
  const width = sets.reduce((most, set) => Math.max(most, set.length), 1);
  const rows = mode.flatMap((_, i) => range(width).map((j) => sets[i]?.[j] ?? NaN));
  return vectorOf(rows, dtype).reshape([mode.length, width]);
}

function compared(mode: number, x: cr.Tensor, y: cr.Tensor): cr.Tensor {
  return ([cr.le, cr.lt, cr.ge, cr.gt, cr.eq, cr.ne][mode] ?? cr.eq)(x, y);
}

/** The weights of the leaves, aggregated over the trees: `[rows, targets]`. */
export function joined(
  call: Call,
  x: cr.Tensor,
  forest: Forest,
  how = call.text('aggregate_function', 'SUM'),
): cr.Tensor {
  const at = leaves(call, x, forest);
  const [rows, trees] = at.shape as [number, number];
  const read = (data: Float32Array): cr.Tensor =>
    cr
      .tensor(data, { shape: [forest.mode.length, forest.targets] })
      .indexSelect(0, at.reshape([-1]))
      .reshape([rows, trees, forest.targets])
      .cast(x.dtype);
  /** The extreme over the trees that have a weight; 0 if none has. */
  const extreme = (sign: 1 | -1): cr.Tensor => {
    const far = forest.weights.map((w, i) => (forest.known[i] === 1 ? sign * w : -Infinity));
    const found = read(far).amax(1);
    return cr.where(found.eq(-Infinity), 0, found.mul(sign));
  };
  switch (how) {
    case 'AVERAGE':
      return read(forest.weights).mean(1);
    case 'MIN':
      return extreme(-1);
    case 'MAX':
      return extreme(1);
    case 'SUM':
      return read(forest.weights).sum(1);
    default:
      return call.refuse(`there is no aggregate_function '${how}'`);
  }
}
