/**
 * @file Ensembles of trees. All trees of all rows go down one level at a time: each row of a tree stands at a node, and
 * reads which feature it compares with what, so that it is one program however many trees there are.
 */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { range, vectorOf } from '../helpers.js';
import { outputs, type Operator, type Result } from '../operator.js';
import { bothOf, classesOf, labelled, postTransformed } from './classes.js';
import { ml } from './ml.js';

const MODES = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ'];
/** The mode of newer operators that asks whether a feature is in a set. */
const MEMBER = MODES.length;

/** Nodes of all trees in one numbering; a leaf leads to itself. */
interface Forest {
  readonly roots: readonly number[];
  readonly feature: readonly number[];
  readonly threshold: readonly number[];
  /** The place in `MODES`, −1 for a leaf. */
  readonly mode: readonly number[];
  readonly onTrue: readonly number[];
  readonly onFalse: readonly number[];
  /** The sets of the nodes that ask for membership; empty for others. */
  readonly sets: readonly (readonly number[])[];
  /** Whether a missing value goes where the comparison holds. */
  readonly missing: readonly boolean[];
  /** What each node adds to each target, where it is a leaf. */
  readonly weights: Float32Array;
  /** 1 where a leaf has a weight for a target: the others take no part in a minimum or maximum. */
  readonly known: Uint8Array;
  readonly targets: number;
}

/** The nodes as versions 1 to 3 list them: by tree and number. */
function readForest(call: Call, prefix: 'target' | 'class', targets: number): Forest {
  const [trees, ids] = [call.ints('nodes_treeids'), call.ints('nodes_nodeids')];
  const place = new Map<string, number>();
  trees.forEach((tree, i) => place.set(`${tree}:${ids[i]}`, i));
  const at = (tree: number, id: number | undefined): number =>
    place.get(`${tree}:${id}`) ?? call.refuse(`tree ${tree} has no node ${id}`);
  const modes = call.texts('nodes_modes').map((name) => {
    const mode = MODES.indexOf(name);
    return mode >= 0 || name === 'LEAF' ? mode : call.refuse(`there is no node '${name}'`);
  });
  const [yes, no] = [call.ints('nodes_truenodeids'), call.ints('nodes_falsenodeids')];
  const child = (ids: readonly number[]): number[] =>
    trees.map((tree, i) => (modes[i] === -1 ? i : at(tree, ids[i])));
  const count = trees.length;
  const weights = new Float32Array(count * targets);
  const known = new Uint8Array(count * targets);
  const leafIds = call.ints(`${prefix}_nodeids`);
  const [leafTrees, leafTargets] = [call.ints(`${prefix}_treeids`), call.ints(`${prefix}_ids`)];
  const values = call.attributeGiven(`${prefix}_weights`)
    ? call.floats(`${prefix}_weights`)
    : Array.from(call.constant(`${prefix}_weights_as_tensor`)?.data ?? []);
  leafIds.forEach((id, i) => {
    const target = leafTargets[i] ?? -1;
    if (!(target >= 0 && target < targets)) call.refuse(`there is no ${prefix} ${target}`);
    const place = at(leafTrees[i]!, id) * targets + target;
    weights[place]! += values[i] ?? 0;
    known[place] = 1;
  });
  const missing = call.ints('nodes_missing_value_tracks_true', []);
  return {
    roots: rootsOf(trees),
    feature: call.ints('nodes_featureids'),
    threshold: call.attributeGiven('nodes_values')
      ? call.floats('nodes_values')
      : Array.from(call.constant('nodes_values_as_tensor')?.data ?? []),
    mode: modes,
    sets: [],
    onTrue: child(yes),
    onFalse: child(no),
    missing: trees.map((_, i) => missing[i] === 1),
    weights,
    known,
    targets,
  };
}

/** The first node of each tree. */
function rootsOf(trees: readonly number[]): number[] {
  const seen = new Set<number>();
  return trees.flatMap((tree, i) => (seen.has(tree) ? [] : (seen.add(tree), [i])));
}

/** How many steps lead to the deepest leaf; a tree that leads back to itself is refused. */
function depthOf(call: Call, { roots, mode, onTrue, onFalse }: Forest): number {
  let level = [...roots];
  for (let depth = 0; depth <= mode.length; depth++) {
    level = [...new Set(level.flatMap((i) => (mode[i] === -1 ? [] : [onTrue[i]!, onFalse[i]!])))];
    if (level.length === 0) return depth;
  }
  return call.refuse('a tree leads back to itself');
}

const intsOf = (data: readonly number[]): cr.Tensor => cr.tensor(Int32Array.from(data));

/** The leaves `[rows, trees]` that the rows of `x` end in. */
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

/** The set of each node as a row, filled up with NaN, which equals nothing. */
function setsOf({ mode, sets }: Forest, dtype: cr.DType): cr.Tensor {
  const width = sets.reduce((most, set) => Math.max(most, set.length), 1);
  const rows = mode.flatMap((_, i) => range(width).map((j) => sets[i]?.[j] ?? NaN));
  return vectorOf(rows, dtype).reshape([mode.length, width]);
}

function compared(mode: number, x: cr.Tensor, y: cr.Tensor): cr.Tensor {
  return ([cr.le, cr.lt, cr.ge, cr.gt, cr.eq, cr.ne][mode] ?? cr.eq)(x, y);
}

const AGGREGATES = ['AVERAGE', 'SUM', 'MIN', 'MAX'];

/** The leaves' weights joined over the trees, `[rows, targets]`. */
function joined(
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
  /** An extreme over the trees that have a weight; 0 where none has. */
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

function matrix(call: Call): cr.Tensor {
  const x = call.tensor(0);
  const y = x.ndim === 1 ? x.unsqueeze(0) : x;
  return y.dtype === 'float64' ? y : y.cast('float32');
}

/** What every row begins with. */
function baseOf(call: Call): readonly number[] {
  return call.attributeGiven('base_values')
    ? call.floats('base_values')
    : Array.from(call.constant('base_values_as_tensor')?.data ?? []);
}

function based(call: Call, scores: cr.Tensor): cr.Tensor {
  const base = baseOf(call);
  return base.length === 0 ? scores : scores.add(vectorOf(base));
}

function treeRegressor(call: Call): Result {
  const forest = readForest(call, 'target', call.int('n_targets', 1));
  return postTransformed(call, based(call, joined(call, matrix(call), forest)));
}

function treeClassifier(call: Call): Result {
  const classes = classesOf(call, 'classlabels_strings', 'classlabels_int64s');
  const ids = new Set(call.ints('class_ids'));
  const forest = readForest(
    call,
    'class',
    [...ids].reduce((most, id) => Math.max(most, id + 1), classes.length),
  );
  const scores = joined(call, matrix(call), forest);
  if (forest.targets !== 2) {
    const all = based(call, scores);
    return outputs(labelled(call, classes, cr.argmax(all, 1)), postTransformed(call, all));
  }
  // Of two classes the second is chosen by its score alone, or by that of the first if leaves have no other.
  const single = ids.size === 1;
  const positive = single && forest.weights.every((w) => w >= 0);
  const base = baseOf(call);
  const bare = !ids.has(1) && base.length < 2;
  const all = scores.add(vectorOf([ids.has(0) ? (base[0] ?? 0) : 0, base[1] ?? 0]));
  const score = cr.narrow(all, 1, ids.has(1) ? 1 : 0, 1);
  const places = score
    .gt(positive ? 0.5 : 0)
    .squeeze(1)
    .cast('int32');
  const labels = labelled(call, classes, places);
  return outputs(labels, bare ? bothOf(call, score, positive) : postTransformed(call, all));
}

const TRANSFORMS = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'];

/** Members of sets one after the other, with a NaN behind each set: a set for each node that asks for one. */
function readSets(call: Call, modes: readonly number[]): number[][] {
  const sets: number[][] = [[]];
  for (const x of call.constant('membership_values')?.data ?? []) {
    if (Number.isNaN(x)) sets.push([]);
    else sets.at(-1)?.push(x);
  }
  return modes.map((mode) => (mode === MEMBER ? (sets.shift() ?? []) : []));
}

/** Version 5: nodes and leaves in lists of their own. */
function treeEnsemble(call: Call): Result {
  const targets = call.int('n_targets', 1);
  const modeCodes = Array.from(call.constant('nodes_modes')?.data ?? []);
  if (modeCodes.some((m) => !(m >= 0 && m <= MEMBER))) call.refuse('a node has no known mode');
  const nodes = modeCodes.length;
  const leafTargets = call.ints('leaf_targetids');
  const leafWeights = call.constant('leaf_weights')?.data ?? [];
  const yes = call.ints('nodes_truenodeids');
  const no = call.ints('nodes_falsenodeids');
  const [yesLeaf, noLeaf] = [call.ints('nodes_trueleafs'), call.ints('nodes_falseleafs')];
  const to = (ids: readonly number[], leafs: readonly number[]): number[] =>
    ids.map((id, i) => (leafs[i] === 1 ? nodes + id : id));
  const self = leafTargets.map((_, i) => nodes + i);
  const weights = new Float32Array((nodes + self.length) * targets);
  const known = new Uint8Array(weights.length);
  leafTargets.forEach((target, i) => {
    if (!(target >= 0 && target < targets)) call.refuse(`there is no target ${target}`);
    weights[(nodes + i) * targets + target] = leafWeights[i] ?? 0;
    known[(nodes + i) * targets + target] = 1;
  });
  const fill = <T>(x: T): T[] => self.map(() => x);
  const missing = call.ints('nodes_missing_value_tracks_true', []);
  const forest: Forest = {
    // A root whose two branches are one leaf is a tree without a node of its own.
    roots: call.ints('tree_roots'),
    feature: [...call.ints('nodes_featureids'), ...fill(0)],
    threshold: [...(call.constant('nodes_splits')?.data ?? []), ...fill(0)],
    mode: [...modeCodes, ...fill(-1)],
    sets: readSets(call, modeCodes),
    onTrue: [...to(yes, yesLeaf), ...self],
    onFalse: [...to(no, noLeaf), ...self],
    missing: [...modeCodes.map((_, i) => missing[i] === 1), ...fill(false)],
    weights,
    known,
    targets,
  };
  const all = [...forest.onTrue, ...forest.onFalse, ...forest.roots];
  if (all.some((i) => !(i >= 0 && i < forest.mode.length))) call.refuse('a node leads nowhere');
  const how = AGGREGATES[call.int('aggregate_function', 1)] ?? 'none';
  const scores = joined(call, matrix(call), forest, how);
  return postTransformed(call, scores, TRANSFORMS[call.int('post_transform', 0)]);
}

export const TREES: readonly Operator[] = [
  ml('TreeEnsembleRegressor', treeRegressor),
  ml('TreeEnsembleClassifier', treeClassifier),
  ml('TreeEnsemble', treeEnsemble),
];
