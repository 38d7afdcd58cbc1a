import { describe, expect, it } from 'vitest';
import { complete } from './complete.js';

class Model {
  hidden = { weight: 1 };
  forward(): number {
    return 1;
  }
  get broken(): number {
    throw new Error('not now');
  }
}
const scope = { model: new Model(), modulus: 2, text: 'abc', _own: 1, half: 0.5 };
const names = (code: string): readonly string[] => complete(code, code.length, scope).matches;

describe('completion', () => {
  it('knows variables, and leaves hidden ones out until they are asked for', () => {
    expect(names('mod')).toEqual(['model', 'modulus']);
    expect(names('_')).toEqual(['_own']);
    expect(names('')).not.toContain('_own');
  });

  it('knows members, own and inherited, of what they hold', () => {
    expect(names('console.log(model.')).toEqual(['broken', 'forward', 'hidden']);
    expect(names('model.hidden.w')).toEqual(['weight']);
    expect(names('text.toUpper')).toEqual(['toUpperCase']);
    expect(names('model.broken.')).toEqual([]);
    expect(names('missing.')).toEqual([]);
    expect(names('f(x).re')).toEqual([]);
  });

  it('replaces the name at the cursor alone', () => {
    expect(complete('a + model.for + b', 13, scope)).toEqual({
      matches: ['forward'],
      start: 10,
      end: 13,
    });
  });
});
