/** @file Reads nested arrays as numbers and a shape: ragged, endless and hostile ones are refused where they go wrong. */
import { display } from '../../arguments/index.js';
import { ChainruleError, DTypeError, ShapeError } from '../../errors.js';
import { allocate } from '../../graph/dtype.js';
import { MAX_RANK, show, sizeOf, type Shape } from '../../graph/shape.js';

/** The most elements read from nested arrays; larger data must come as typed arrays. */
const MAX_NESTED = 2 ** 27;

/** The contents of nested arrays. */
export interface Nested {
  /** The elements, row by row; a boolean is 0 or 1. */
  readonly flat: Float64Array;
  readonly shape: Shape;
  /** Whether all elements are booleans; false if there are none. */
  readonly bool: boolean;
}

/**
 * Reads nested arrays of numbers and booleans, or a bare one.
 * @throws {ShapeError} for ragged arrays, or too many. @throws {DTypeError} for elements that are not numbers.
 */
export function readNested(op: string, data: unknown): Nested {
  try {
    return read(op, data);
  } catch (error) {
    if (error instanceof ChainruleError) throw error;
    throw new DTypeError(`${op}: the array cannot be read: ${display(data)}`, { cause: error });
  }
}

function read(op: string, data: unknown): Nested {
  const shape: number[] = [];
  for (let level = data; Array.isArray(level); level = level[0] as unknown) {
    if (shape.length === MAX_RANK) {
      throw new ShapeError(
        `${op}: the array is nested in more than ${MAX_RANK} levels; does it contain itself?`,
      );
    }
    shape.push(level.length);
  }
  const size = sizeOf(shape);
  if (size > MAX_NESTED) {
    throw new ShapeError(
      `${op}: the nested array ${show(shape)} has ${size} elements; pass more than ${MAX_NESTED} as a typed array with a shape`,
    );
  }
  const flat = allocate('float64', size);
  const path: number[] = [];
  const where = (): string => (path.length > 0 ? ` at [${path.join(', ')}]` : '');
  let n = 0;
  let bool = size > 0;
  const fill = (level: unknown, d: number): void => {
    if (d < shape.length) {
      if (!Array.isArray(level) || level.length !== shape[d]) {
        throw new ShapeError(
          `${op}: the nested array is ragged:${where()} there is ` +
            `${Array.isArray(level) ? `an array of ${level.length}` : display(level)}, expected an array of ${shape[d]}`,
        );
      }
      for (let i = 0; i < level.length; i++) {
        path.push(i);
        fill(level[i], d + 1);
        path.pop();
      }
    } else if (typeof level === 'number') {
      bool = false;
      flat[n++] = level;
    } else if (typeof level === 'boolean') {
      flat[n++] = level ? 1 : 0;
    } else {
      throw Array.isArray(level)
        ? new ShapeError(
            `${op}: the nested array is ragged: there is an array of ${level.length}${where()}, expected a number`,
          )
        : new DTypeError(`${op}: expected numbers or booleans, got ${display(level)}${where()}`);
    }
  };
  fill(data, 0);
  return { flat, shape, bool };
}
