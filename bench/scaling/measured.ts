/**
 * @file What was measured of two ranks (`measure.ts`), from which the model takes its constants: the quickest of 25 rounds on two
 * cores of a Zen 5 server that others were using (load 14 to 18), Node 20, no BLAS. To be taken anew on a quiet machine.
 */
import { fit, type Link } from './model.js';

export interface Reduction {
  readonly bytes: number;
  /** While data was on its way, once both ranks were there. */
  readonly seconds: number;
}

const points = (milliseconds: readonly number[]): Reduction[] =>
  milliseconds.map((ms, i) => ({
    bytes: 4 * ([1, 1024, 16384, 262144, 1048576, 4194304][i] as number),
    seconds: ms / 1000,
  }));

/** All-reduces of two ranks. MPICH's did not follow a line under that load, and are left out. */
export const reductions: Readonly<Record<string, readonly Reduction[]>> = {
  local: points([0.267, 0.212, 0.264, 1.749, 7.365, 48.0]),
  'Open MPI': points([0.0731, 0.0659, 0.1171, 0.6069, 4.004, 21.15]),
};

/**
 * Links by name: that of this machine as measured, and two networks by their usual figures (25 Gbit/s over TCP; 200 Gbit/s
 * with remote access to memory), in which γ is a gigabyte added in 0.1 s.
 */
export const links: Readonly<Record<string, Link>> = {
  local: fit(reductions['local'] ?? []),
  machine: fit(reductions['Open MPI'] ?? []),
  ethernet: { alpha: 30e-6, beta: 1 / 2.9e9, gamma: 1e-10 },
  fast: { alpha: 3e-6, beta: 1 / 23e9, gamma: 1e-10 },
};

/** Steps of a perceptron 784-256-256-10 with a batch of 128, of two ranks: without the time that they waited for a core. */
export const steps: readonly {
  readonly name: string;
  readonly parameters: number;
  readonly compute: number;
  readonly seconds: number;
  readonly link: string;
}[] = [
  { name: 'local', parameters: 269_322, compute: 3.392e-3, seconds: 6.047e-3, link: 'local' },
  { name: 'Open MPI', parameters: 269_322, compute: 3.211e-3, seconds: 3.971e-3, link: 'machine' },
];
