/** @file Explains why a compiled function was recorded again: what the last recording assumed that no longer holds. */
import { display } from '../../arguments/index.js';
import { mode } from '../../graph/mode.js';
import { sameShape, show } from '../../graph/shape.js';
import { isWhole } from '../../graph/version.js';
import { isTensor } from '../../tree.js';
import type { Recording } from './recording.js';
import { argumentLeaves, fitsFacts, type Fact } from './signature.js';

/** A difference, and whether it may well occur at many calls, as sequences of other lengths do. */
export interface Difference {
  readonly text: string;
  readonly mayVary: boolean;
}

/** The first assumption of a recording that does not hold for this call. */
export function explainRecompile(recording: Recording, args: readonly unknown[]): Difference {
  const { facts, grad, guards, captured } = recording;
  const other = (text: string): Difference => ({ text, mayVary: false });
  if (grad !== mode.grad) return other(`gradients are ${mode.grad ? 'on' : 'off'}, and were not`);
  const leaves = argumentLeaves(args);
  if (facts.length !== leaves.length) return other('the arguments have a different structure');
  if (!fitsFacts(facts, captured, leaves)) {
    const places = argumentPaths(args);
    for (let i = 0; i < facts.length; i++) {
      const found = differenceOf(facts[i] as Fact, leaves[i]);
      if (found !== null) return { ...found, text: `${places[i]} ${found.text}` };
    }
    return other('arguments share tensors in a different way');
  }
  for (const { read, value, reason, mayVary } of guards) {
    const now = read();
    if (Object.is(now, value)) continue;
    const text = reason?.() ?? `a value it read was ${display(value)} and is ${display(now)}`;
    return { text, mayVary };
  }
  return other('a tensor it uses has moved, has other hooks, or has another requiresGrad');
}

function differenceOf(fact: Fact, leaf: unknown): Difference | null {
  const other = (text: string): Difference => ({ text, mayVary: false });
  switch (fact.kind) {
    case 'value': {
      if (isObject(fact.value) && isObject(leaf) && fact.value !== leaf)
        return other(`is a different object, ${display(leaf)}`);
      if (!Object.is(fact.value, leaf))
        return other(`was ${display(fact.value)} and is ${display(leaf)}`);
      const changed = fact.contents?.difference() ?? null;
      return changed === null ? null : other(`has changed: ${changed}`);
    }
    case 'number':
      if (typeof leaf !== 'number') return other('was a number and is not now');
      if (!fact.placeholder.fixed || isWhole(leaf) === fact.whole) return null;
      return other(
        fact.whole ? 'was a whole number and is not now' : 'is a whole number and was not',
      );
    case 'identity':
      return leaf === fact.tensor ? null : other('is a different parameter or cell');
    case 'tensor': {
      if (!isTensor(leaf)) return other(`was a tensor and is ${display(leaf)}`);
      if (leaf.dtype !== fact.dtype) return other(`was ${fact.dtype} and is ${leaf.dtype}`);
      if (!sameShape(leaf.sizes, fact.shape))
        return { text: `had shape ${show(fact.shape)} and has ${show(leaf.sizes)}`, mayVary: true };
      if (leaf.needsGrad !== fact.requiresGrad)
        return other(
          leaf.needsGrad ? 'requires grad, and did not' : 'does not require grad, and did',
        );
      return null;
    }
  }
}

const isObject = (x: unknown): x is object => typeof x === 'object' && x !== null;

/** The name of each leaf of the arguments, in the order of `argumentLeaves`. */
function argumentPaths(args: readonly unknown[]): string[] {
  const places: string[] = [];
  const walk = (tree: unknown, place: string): void => {
    const own = argumentLeaves(tree);
    if (own.length === 1 && own[0] === tree) {
      places.push(place);
      return;
    }
    places.push(place); // how many members there are
    if (Array.isArray(tree)) tree.forEach((x, i) => walk(x, `${place}[${i}]`));
    else
      for (const [key, x] of Object.entries(tree as object)) {
        places.push(`a key of ${place}`);
        walk(x, `${place}.${key}`);
      }
  };
  places.push('the list of arguments');
  args.forEach((x, i) => walk(x, `argument ${i}`));
  return places;
}
