/** @file The cells of a recorded graph and their names. */
import { readList, reading } from '../arguments/index.js';
import * as kinds from '../arguments/kinds.js';
import type { Cell } from '../graph/cells/cell.js';
import type { Tensor } from '../graph/tensor.js';
import type { GraphNode, NodeFacts, State, StateNode } from './recordedGraph.js';

/** An object with named parameters and buffers: a module; or with named cells: an optimizer. */
export interface Named {
  /** Parameters with their keys: states of the kind `parameter` if they require grad, as those of a module do. */
  namedParameters?(): Iterable<readonly [name: string, parameter: Tensor]>;
  /** Buffers with their keys: states of the kind `buffer`. */
  namedBuffers?(): Iterable<readonly [name: string, buffer: Tensor]>;
  /** Other cells with their keys, as those of an optimizer: momentum, step counts. */
  namedState?(): Iterable<readonly [name: string, state: Tensor]>;
}

type Written = { -readonly [K in keyof State]: State[K] };

/** Collects the cells that are read and assigned. */
export class StateList {
  private readonly states = new Map<Cell, Written>();
  private readonly named: Named | Readonly<Record<string, Named>> | undefined;

  constructor(named: Named | Readonly<Record<string, Named>> | undefined) {
    this.named = named;
  }

  /** The node of a cell's value at the beginning. */
  read(cell: Cell, facts: NodeFacts): StateNode {
    const state = this.of(cell);
    const node: StateNode = { ...facts, path: '', kind: 'state', state };
    state.input = node;
    return node;
  }

  assign(cell: Cell, next: GraphNode): void {
    this.of(cell).next = next;
  }

  private of(cell: Cell): Written {
    const known = this.states.get(cell);
    if (known !== undefined) return known;
    const { sizes: shape, dtype } = cell;
    const kind = cell.needsGrad ? 'parameter' : 'cell';
    const made: Written = { key: '', shape, dtype, kind, cell, input: null, next: null };
    this.states.set(cell, made);
    return made;
  }

  /**
   * All of them with their keys, those of modules first, each key once. Call it after recording, because optimizers make cells
   * on their first step.
   */
  all(): State[] {
    const used = new Set<string>();
    const ordered = new Set<Written>();
    const name = (key: string, t: Tensor, kind?: State['kind']): void => {
      const state = this.states.get(t as Cell);
      if (state === undefined || ordered.has(state)) return;
      state.key = key;
      if (kind !== undefined && state.kind === 'cell') state.kind = kind;
      used.add(key);
      ordered.add(state);
    };
    for (const [prefix, named] of prefixed(this.named)) {
      for (const [key, t] of namedBy('namedParameters', named)) name(prefix + key, t);
      for (const [key, t] of namedBy('namedBuffers', named)) name(prefix + key, t, 'buffer');
      for (const [key, t] of namedBy('namedState', named)) name(prefix + key, t);
    }
    for (const state of this.states.values()) {
      if (ordered.has(state)) continue;
      let key = state.cell.label;
      for (let n = 0; key === '' || used.has(key); n++) key = `${state.cell.label || 'state'}.${n}`;
      state.key = key;
      used.add(key);
      ordered.add(state);
    }
    return [...ordered];
  }
}

function prefixed(
  named: Named | Readonly<Record<string, Named>> | undefined,
): readonly (readonly [prefix: string, named: Named])[] {
  if (named === undefined) return [];
  if (isNamed(named)) return [['', named]];
  return Object.entries(named).map(([name, one]) => [name === '' ? '' : `${name}.`, one]);
}

const aPair = kinds.tuple<readonly [string, Tensor]>(kinds.text, kinds.tensor);

function namedBy(method: keyof Named, named: Named): (readonly [string, Tensor])[] {
  const given: unknown = reading('modules', `the result of ${method}()`, () => named[method]?.());
  return readList('modules', `the result of ${method}()`, given ?? [], aPair);
}

function isNamed(x: object): x is Named {
  return ['namedParameters', 'namedBuffers', 'namedState'].some(
    (name) => typeof (x as Record<string, unknown>)[name] === 'function',
  );
}
