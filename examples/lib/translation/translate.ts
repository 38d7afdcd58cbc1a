/** @file Translating with a model that reads one language and writes another. */
import { noGrad, tensor, type Tensor } from '@chainrule/autograd';
import { beamSearch, type Beam } from './beamSearch.js';
import { END, paddedRows, START, type BytePairs } from './bytePairs.js';

export interface Translating {
  /** The encoded texts: `[batch, time, width]`. */
  read(source: Tensor): Tensor;
  /** The logits of the next piece after each of `target`: `[batch, time, pieces]`. */
  write(source: Tensor, memory: Tensor, target: Tensor): Tensor;
}

/**
 * The most likely translations found by beam search. All beams are rows of one tensor, padded to few lengths; later positions
 * do not affect earlier ones.
 */
export function translate(
  model: Translating,
  pieces: BytePairs,
  texts: readonly string[],
  { beams, maxLength }: { readonly beams: number; readonly maxLength: number },
): string[] {
  return noGrad(() => {
    const source = paddedRows(
      texts.map((text) => [...pieces.encode(text), END].slice(0, maxLength)),
    );
    const memory = model.read(source);
    const next = (rows: readonly Beam[]): Tensor => {
      const used = tensor(Int32Array.from(rows, ({ input }) => input));
      const given = paddedRows(rows.map((row) => row.pieces));
      const logits = model.write(source.indexSelect(0, used), memory.indexSelect(0, used), given);
      return logits.at(':', (rows[0]?.pieces.length ?? 1) - 1).logSoftmax(-1);
    };
    const found = beamSearch(texts.length, next, { beams, maxLength, start: START, end: END });
    return found.map((ids) => pieces.decode(ids));
  });
}
