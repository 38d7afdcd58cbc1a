/**
 * @file What data parallel training costs: formulas for one collective, and a simulation of ranks that wait for each other.
 *
 * A message of n bytes takes α + nβ, adding n bytes to others nγ. Costs of collectives after Thakur, Rabenseifner & Gropp,
 * "Optimization of collective communication operations in MPICH", 2005, and Patarasuk & Yuan, "Bandwidth optimal all-reduce
 * algorithms for clusters of workstations", 2009.
 */

/** A connection between ranks; times in seconds. */
export interface Link {
  /** A message without content. */
  readonly alpha: number;
  /** A byte on its way. */
  readonly beta: number;
  /** A byte added to another. */
  readonly gamma: number;
}

export type Algorithm = 'ring' | 'doubling' | 'halving';

/** How long all ranks take to add up n bytes, if they begin at once. */
export const formulas: Readonly<
  Record<Algorithm, (ranks: number, bytes: number, link: Link) => number>
> = {
  /** Each rank passes a part on, round after round: scattered sums, then gathering. */
  ring: (p, n, { alpha, beta, gamma }) =>
    2 * (p - 1) * alpha + ((p - 1) / p) * n * (2 * beta + gamma),
  /** Ranks at distance 1, 2, 4 … exchange all they have: few messages, for small vectors. */
  doubling: (p, n, { alpha, beta, gamma }) =>
    Math.ceil(Math.log2(p)) * (alpha + n * (beta + gamma)),
  /** Halves, quarters … are exchanged at distance p/2, p/4 … and gathered on the way back. */
  halving: (p, n, { alpha, beta, gamma }) =>
    2 * Math.ceil(Math.log2(p)) * alpha + ((p - 1) / p) * n * (2 * beta + gamma),
};

/** The algorithm that libraries would take: the quickest. */
export function allReduceSeconds(ranks: number, bytes: number, link: Link): number {
  if (ranks === 1) return 0;
  return Math.min(...Object.values(formulas).map((f) => f(ranks, bytes, link)));
}

/**
 * Advances the clocks of ranks, a power of two, through an all-reduce, message by message: nobody goes on before what it needs
 * has come.
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

/** A training to be simulated. */
export interface Training {
  readonly ranks: number;
  readonly parameters: number;
  /** Seconds that a rank computes in a step, and their deviation from step to step, as a share. */
  readonly compute: number;
  readonly jitter: number;
  readonly link: Link;
  readonly bucketBytes: number;
}

/** A step: its time, and how much of it ranks wait for each other and for data, on average. */
export interface StepCost {
  readonly step: number;
  readonly communication: number;
}

/**
 * The mean cost of a step over some steps. Before each bucket the ranks meet: an all-reduce of 28 bytes. Nothing is exchanged
 * while a rank computes, as the package does it today.
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
    // Once the first bucket has brought the ranks together, each of the others takes as long as one by itself.
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

/** What the ranks tell each other before they exchange data. */
export const MEETING_BYTES = 28;

/** Numbers with the normal distribution, the same for a seed (mulberry32; Box and Muller). */
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
 * α and β of a link from measured all-reduces of two ranks, γ included: a sum of n bytes takes α + nβ. Least squares of the
 * logarithms of what is predicted and measured, so that twice and half as long count alike.
 */
export function fit(points: readonly { readonly bytes: number; readonly seconds: number }[]): Link {
  let [alpha, beta] = [0, 0];
  for (let round = 0; round < 50; round++) {
    // ln(p / t) is nearly (p − t) / √(p t): squares of (a + b n − t), weighted by the last prediction p.
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
