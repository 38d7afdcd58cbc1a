/** @file A state as text and tensors: round trips, and what is refused because it is not a state. */
import { describe, expect, it } from 'vitest';
import { DTypeError, FormatError } from '../errors.js';
import { makeLeaf, type Tensor } from '../graph/tensor.js';
import { decodeState, encodeState } from './stateText.js';

const leaf = (...values: number[]): Tensor =>
  makeLeaf(Float64Array.from(values), [values.length], 'float64');
const numbersIn = (x: unknown): number[] => [...(x as Tensor).dataSync()];

describe('encodeState and decodeState', () => {
  it('keep numbers that JSON lacks, Maps, typed arrays, big integers and odd keys', () => {
    const state = {
      numbers: [NaN, -0, Infinity, 1e300],
      map: new Map<unknown, unknown>([
        [3, 'three'],
        ['rows', [1, 2]],
      ]),
      array: Int16Array.of(1, -2),
      big: 2n ** 70n,
      $tensor: 'not one',
      text: 'half \ud800',
      nothing: null,
    };
    const { json, tensors } = encodeState(state);
    expect(Object.keys(tensors)).toEqual([]);
    expect({ ...(decodeState(json, tensors) as object) }).toEqual(state);
  });

  it('name tensors by their place, also those of objects with a state', () => {
    const inner = { stateDict: () => ({ w: leaf(1, 2) }), loadStateDict: () => undefined };
    const { json, tensors } = encodeState({ model: inner, list: [leaf(3)] });
    expect(Object.keys(tensors)).toEqual(['model/w', 'list/0']);
    const back = decodeState(json, new Map(Object.entries(tensors))) as {
      model: { w: Tensor };
      list: Tensor[];
    };
    expect(numbersIn(back.model.w)).toEqual([1, 2]);
    expect(numbersIn(back.list[0])).toEqual([3]);
  });

  it('refuse values that are not a state, and texts that name a missing tensor', () => {
    expect(() => encodeState({ f: () => 1 })).toThrow('encodeState: the state.f is a function');
    expect(() => decodeState('{"$tensor":"constructor"}', {})).toThrow(FormatError);
    expect(() => decodeState('{', {})).toThrow(FormatError);
    expect(() => decodeState('{}', { a: 1 } as never)).toThrow(DTypeError);
    expect(() => decodeState(3 as never, {})).toThrow('decodeState');
  });
});
