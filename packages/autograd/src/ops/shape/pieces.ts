/** @file How many pieces a tensor may be cut into. */
import { ShapeError } from '../../errors.js';
import { range } from '../../graph/shape.js';

/** Each piece is a node of the graph: a few hundred bytes of the engine's own heap. */
const MAX_PIECES = 2 ** 21;

/** The numbers of `count` pieces. @throws {ShapeError} for more than the heap can hold. */
export function pieceNumbers(op: string, pieces: number): number[] {
  if (pieces > MAX_PIECES)
    throw new ShapeError(`${op}: ${pieces} pieces are too many; at most ${MAX_PIECES} can be made`);
  return range(pieces);
}
