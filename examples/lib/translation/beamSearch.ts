/** @file Beam search: finds likely sequences with a model that predicts the next piece. */
import type { Tensor } from '@chainrule/autograd';

export interface BeamOptions {
  /** How many partial sequences are kept for each input; 1 takes the most likely next piece each time. */
  readonly beams: number;
  readonly maxLength: number;
  readonly start: number;
  readonly end: number;
  /** How much longer sequences are favoured: log-probabilities are divided by the length to this power (Wu et al. 2016). */
  readonly lengthPower?: number;
}

/** A partial sequence for one of the inputs. */
export interface Beam {
  readonly input: number;
  readonly pieces: readonly number[];
  readonly logProbability: number;
}

/**
 * The most likely sequence found for each of `count` inputs, without start and end.
 *
 * @param next The log-probabilities of the next piece after each partial sequence: `[n, vocabulary]` for n beams, at most
 * `count · beams` and all of the same length.
 */
export function beamSearch(
  count: number,
  next: (beams: readonly Beam[]) => Tensor,
  { beams, maxLength, start, end, lengthPower = 0.7 }: BeamOptions,
): number[][] {
  const finished: Beam[][] = Array.from({ length: count }, () => []);
  const score = ({ pieces, logProbability }: Beam) => logProbability / pieces.length ** lengthPower;
  let live: Beam[] = finished.map((_, input) => ({ input, pieces: [start], logProbability: 0 }));
  for (let length = 1; length < maxLength && live.length > 0; length++) {
    const { values, indices } = next(live).topk(beams, 1);
    const [gains, pieces] = [values.dataSync(), indices.dataSync()];
    const grown: Beam[][] = finished.map(() => []);
    live.forEach(({ input, pieces: before, logProbability }, row) => {
      for (let k = row * beams; k < (row + 1) * beams; k++) {
        const beam = { input, pieces: [...before, pieces[k] ?? end] };
        grown[input]?.push({ ...beam, logProbability: logProbability + (gains[k] ?? 0) });
      }
    });
    live = grown.flatMap((candidates, input) => {
      const best = candidates.sort((a, b) => b.logProbability - a.logProbability).slice(0, beams);
      const done = finished[input] ?? [];
      done.push(...best.filter(({ pieces }) => pieces.at(-1) === end));
      return done.length >= beams ? [] : best.filter(({ pieces }) => pieces.at(-1) !== end);
    });
  }
  for (const beam of live) if (finished[beam.input]?.length === 0) finished[beam.input]?.push(beam);
  return finished.map((done) => {
    const best = done.reduce<Beam | undefined>(
      (a, b) => (a && score(a) >= score(b) ? a : b),
      undefined,
    );
    return (best?.pieces ?? []).filter((piece) => piece !== start && piece !== end);
  });
}
