/** @file Reads the trees of a file as one list of nodes. */
import type { Call } from '../../import/call.js';

const MODES = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ'];
/** The mode of newer operators that tests whether a feature is in a set. */
export const MEMBER = MODES.length;

/** The nodes of all trees, numbered together; both branches of a leaf lead to itself. */
export interface Forest {
  readonly roots: readonly number[];
  readonly feature: readonly number[];
  readonly threshold: readonly number[];
  /** The index in `MODES`, −1 for a leaf. */
  readonly mode: readonly number[];
  readonly onTrue: readonly number[];
  readonly onFalse: readonly number[];
  /** The sets of the nodes that test membership; empty for others. */
  readonly sets: readonly (readonly number[])[];
  /** Whether a missing value takes the branch of a comparison that holds. */
  readonly missing: readonly boolean[];
  /** The weight of each leaf for each target. */
  readonly weights: Float32Array;
  /** 1 if a leaf has a weight for a target: leaves without one take no part in a minimum or maximum. */
  readonly known: Uint8Array;
  readonly targets: number;
}

/** Reads the nodes of versions 1 to 3, which are identified by tree and number. */
export function readForest(call: Call, prefix: 'target' | 'class', targets: number): Forest {
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
  const weights = new Float32Array(call.checkedSize(count, targets));
  const known = new Uint8Array(weights.length);
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

/** The sets of the nodes that test membership: their members are in one list, with a NaN after each set. */
function readSets(call: Call, modes: readonly number[]): number[][] {
  const sets: number[][] = [[]];
  for (const x of call.constant('membership_values')?.data ?? []) {
    if (Number.isNaN(x)) sets.push([]);
    else sets.at(-1)?.push(x);
  }
  return modes.map((mode) => (mode === MEMBER ? (sets.shift() ?? []) : []));
}

/** Reads version 5, with separate lists for nodes and leaves. */
export function readEnsemble(call: Call): Forest {
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
  const weights = new Float32Array(call.checkedSize(nodes + self.length, targets));
  const known = new Uint8Array(weights.length);
  leafTargets.forEach((target, i) => {
    if (!(target >= 0 && target < targets)) call.refuse(`there is no target ${target}`);
    weights[(nodes + i) * targets + target] = leafWeights[i] ?? 0;
    known[(nodes + i) * targets + target] = 1;
  });
  const fill = <T>(x: T): T[] => self.map(() => x);
  const missing = call.ints('nodes_missing_value_tracks_true', []);
  const forest: Forest = {
    // A tree that is a single leaf is written as a root whose two branches are that leaf.
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
  return forest;
}
