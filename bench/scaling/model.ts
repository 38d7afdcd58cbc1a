/**
 * @file A model of data-parallel training: formulas for one collective, and a simulation of ranks that wait for each other.
 *
 * A message of n bytes takes α + nβ, and adding n bytes takes nγ. Costs of collectives after Thakur, Rabenseifner & Gropp,
 * "Optimization of collective communication operations in MPICH", 2005, and Patarasuk & Yuan, "Bandwidth optimal all-reduce
 * algorithms for clusters of workstations", 2009.
 */

/** A connection between ranks; times in seconds. */
export interface Link {
  /** Seconds of an empty message. */
  readonly alpha: number;
  /** Seconds to send a byte. */
  readonly beta: number;
  /** Seconds to add a byte to another. */
  readonly gamma: number;
}

export type Algorithm = 'ring' | 'doubling' | 'halving';

/** The time of an all-reduce of n bytes, if all ranks begin at the same time. */
export const formulas: Readonly<
  Record<Algorithm, (ranks: number, bytes: number, link: Link) => number>
> = {
  /** In each round every rank passes a part on: first the sums are scattered, then gathered. */
  ring: (p, n, { alpha, beta, gamma }) =>
    2 * (p - 1) * alpha + ((p - 1) / p) * n * (2 * beta + gamma),
  /** Ranks at distance 1, 2, 4 … exchange all their data: few messages, for small vectors. */
  doubling: (p, n, { alpha, beta, gamma }) =>
    Math.ceil(Math.log2(p)) * (alpha + n * (beta + gamma)),
  /** Halves, quarters … are exchanged at distance p/2, p/4 …, then gathered in reverse order. */
  halving: (p, n, { alpha, beta, gamma }) =>
    2 * Math.ceil(Math.log2(p)) * alpha + ((p - 1) / p) * n * (2 * beta + gamma),
};

/** The algorithm that a library would choose: the fastest. */
export function allReduceSeconds(ranks: number, bytes: number, link: Link): number {
  if (ranks === 1) return 0;
  return Math.min(...Object.values(formulas).map((f) => f(ranks, bytes, link)));
}

/**
 * Advances the clocks of ranks, a power of two, through an all-reduce, message by message: no rank continues before the data
 * that it needs has arrived.
 */
export function simulateAllReduce(
  clocks: Float64Array,
  bytes: number,
  link: Link,
  algorithm: Algorithm,
): void {
  const p = clocks.length;
  if (p === 1) return;
  const { alpha, beta, gamma } = link;
  const exchange = (distance: number, seconds: number): void => {
    for (let r = 0; r < p; r++) {
      const other = r ^ distance;
      if (other < r) continue;
      const end = Math.max(clocks[r] as number, clocks[other] as number) + seconds;
      clocks[r] = clocks[other] = end;
    }
  };
  if (algorithm === 'ring') {
    const part = bytes / p;
    const next = new Float64Array(p);
    for (let round = 0; round < 2 * (p - 1); round++) {
      const seconds = alpha + part * beta + (round < p - 1 ? part * gamma : 0);
      for (let r = 0; r < p; r++) {
        const from = clocks[(r + p - 1) % p] as number;
        next[r] = Math.max(from, clocks[r] as number) + seconds;
      }
      clocks.set(next);
    }
  } else if (algorithm === 'doubling') {
    for (let d = 1; d < p; d *= 2) exchange(d, alpha + bytes * (beta + gamma));
  } else {
    let part = bytes / 2;
    for (let d = p / 2; d >= 1; d /= 2, part /= 2) exchange(d, alpha + part * (beta + gamma));
    part *= 2;
    for (let d = 1; d < p; d *= 2, part *= 2) exchange(d, alpha + part * beta);
  }
}

/** The training that is simulated. */
export interface Training {
  readonly ranks: number;
  readonly parameters: number;
  /** Seconds that a rank computes per step, and their relative deviation from step to step. */
  readonly compute: number;
  readonly jitter: number;
  readonly link: Link;
  readonly bucketBytes: number;
}

/** The time of a step, and the part of it in which ranks wait for each other and for data, on average. */
export interface StepCost {
  readonly step: number;
  readonly communication: number;
}

/**
 * The mean cost of a step over several steps. Before each bucket the ranks meet: an all-reduce of 28 bytes. As in the package
 * today, nothing is exchanged while a rank computes.
 */
export function simulate(training: Training, steps = 5, seed = 1): StepCost {
  const { ranks, parameters, compute, jitter, link, bucketBytes } = training;
  const random = normals(seed);
  const clocks = new Float64Array(ranks);
  let computed = 0;
  const buckets = Math.ceil((4 * parameters) / bucketBytes);
  const bytes = (4 * parameters) / buckets;
  const algorithm = (Object.keys(formulas) as Algorithm[]).reduce((a, b) =>
    formulas[b](ranks, bytes, link) < formulas[a](ranks, bytes, link) ? b : a,
  );
  for (let step = 0; step < steps; step++) {
    for (let r = 0; r < ranks; r++) {
      const seconds = compute * Math.max(0, 1 + jitter * random());
      computed += seconds / ranks;
      clocks[r] = (clocks[r] as number) + seconds;
    }
    // After the first bucket the ranks are synchronized, and each further bucket takes as long as a single all-reduce.
    simulateAllReduce(clocks, MEETING_BYTES, link, 'doubling');
    simulateAllReduce(clocks, bytes, link, algorithm);
    const rest =
      (buckets - 1) *
      (allReduceSeconds(ranks, bytes, link) + allReduceSeconds(ranks, MEETING_BYTES, link));
    for (let r = 0; r < ranks; r++) clocks[r] = (clocks[r] as number) + rest;
  }
  const end = Math.max(...clocks);
  return { step: end / steps, communication: (end - computed) / steps };
}

/** The bytes that ranks exchange when they meet before a collective. */
export const MEETING_BYTES = 28;

/** Normally distributed numbers, reproducible by a seed (mulberry32; Box and Muller). */
function normals(seed: number): () => number {
  let state = seed | 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/**
 * Fits α and β of a link, with γ included, to measured all-reduces of two ranks: a sum of n bytes takes α + nβ. Least squares
 * of the logarithms of prediction and measurement, so that twice and half the time count alike.
 */
export function fit(points: readonly { readonly bytes: number; readonly seconds: number }[]): Link {
  let [alpha, beta] = [0, 0];
  for (let round = 0; round < 50; round++) {
    // ln(p / t) is nearly (p − t) / √(p t): squares of (a + b n − t), weighted by the previous prediction p.
    let [w, wn, wnn, wt, wnt] = [0, 0, 0, 0, 0];
    for (const { bytes: n, seconds: t } of points) {
      const p = round === 0 ? t : Math.max(alpha + beta * n, t / 10);
      const weight = 1 / (p * t);
      w += weight;
      wn += weight * n;
      wnn += weight * n * n;
      wt += weight * t;
      wnt += weight * n * t;
    }
    beta = (w * wnt - wn * wt) / (w * wnn - wn * wn);
    alpha = Math.max(0, (wt - beta * wn) / w);
  }
  return { alpha, beta, gamma: 0 };
}
