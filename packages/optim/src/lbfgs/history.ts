/** @file The history of LBFGS: past steps and changes of the gradient, from which it estimates curvature. */
import { FormatError, Tensor, tensor } from '@chainrule/autograd';
import { addScaled, difference, dot, scaled, type Vector } from './vector.js';

/** One past step `s`, the change `y` of the gradient over it, and `1 / (y · s)`. */
interface Pair {
  readonly s: Vector;
  readonly y: Vector;
  readonly rho: number;
}

/** Steps with less curvature than this are not used. */
const MIN_CURVATURE = 1e-10;

export class History {
  iterations = 0;
  evaluations = 0;
  pairs: Pair[] = [];
  /** The scale of the first estimate of the inverse Hessian. */
  scale = 1;
  /** The last direction, the step length along it, and the gradient and loss before the step. */
  last: Vector | null = null;
  t = 0;
  gradient: Vector | null = null;
  loss = 0;

  /** The next direction `−H · g`, by the two-loop recursion. */
  direction(g: Vector, size: number): Vector {
    this.iterations++;
    if (this.last === null || this.gradient === null) return (this.last = scaled(g, -1));
    const y = difference(g, this.gradient);
    const s = scaled(this.last, this.t);
    const curvature = dot(y, s);
    if (curvature > MIN_CURVATURE) {
      if (this.pairs.length === size) this.pairs.shift();
      this.pairs.push({ s, y, rho: 1 / curvature });
      this.scale = curvature / dot(y, y);
    }
    const q = scaled(g, -1);
    const weights = new Array<number>(this.pairs.length);
    for (let i = this.pairs.length - 1; i >= 0; i--) {
      const pair = this.pairs[i] as Pair;
      const weight = dot(pair.s, q) * pair.rho;
      weights[i] = weight;
      addScaled(q, -weight, pair.y);
    }
    const d = scaled(q, this.scale);
    this.pairs.forEach((pair, i) => {
      addScaled(d, (weights[i] as number) - dot(pair.y, d) * pair.rho, pair.s);
    });
    return (this.last = d);
  }

  /** The history as tensors on the host, with the pairs stacked. */
  save(): Record<string, Tensor> {
    const n = this.last?.length ?? 0;
    const stack = (part: (pair: Pair) => Vector): Tensor => {
      const flat = new Float64Array(this.pairs.length * n);
      this.pairs.forEach((pair, i) => flat.set(part(pair), i * n));
      return tensor(flat, { shape: [this.pairs.length, n], device: 'cpu' });
    };
    const { iterations, evaluations, scale, t, loss } = this;
    const onHost = (x: Vector | null): Tensor =>
      tensor(x ?? new Float64Array(0), { device: 'cpu' });
    return {
      numbers: onHost(Float64Array.of(iterations, evaluations, scale, t, loss)),
      rho: onHost(Float64Array.from(this.pairs, ({ rho }) => rho)),
      steps: stack(({ s }) => s),
      changes: stack(({ y }) => y),
      direction: onHost(this.last),
      gradient: onHost(this.gradient),
    };
  }

  /**
   * Restores the tensors that `save` returned, for parameters with `size` elements in total. @throws {FormatError} if they do
   * not fit.
   */
  static load(saved: Readonly<Record<string, Tensor>> | undefined, size: number): History {
    const read = (name: string): { data: Float64Array; rows: number } => {
      const t = saved?.[name];
      if (!(t instanceof Tensor) || t.dtype !== 'float64') {
        throw new FormatError(`LBFGS.loadStateDict: the state has no float64 tensor '${name}'`);
      }
      return { data: t.dataSync() as Float64Array, rows: t.shape[0] ?? 0 };
    };
    const numbers = read('numbers').data;
    const rho = read('rho').data;
    const [steps, changes, last, gradient] = [
      read('steps'),
      read('changes'),
      read('direction'),
      read('gradient'),
    ];
    const begun = last.data.length > 0;
    const fits =
      numbers.length === 5 &&
      [last, gradient].every(({ data }) => data.length === (begun ? size : 0)) &&
      [steps, changes].every(
        ({ data, rows }) => rows === rho.length && data.length === rho.length * size,
      );
    if (!fits) {
      throw new FormatError(
        `LBFGS.loadStateDict: the state is not that of parameters with ${size} elements in all`,
      );
    }
    const history = new History();
    [history.iterations, history.evaluations, history.scale, history.t, history.loss] =
      numbers as unknown as [number, number, number, number, number];
    const row = (data: Float64Array, i: number): Vector => data.slice(i * size, (i + 1) * size);
    history.pairs = Array.from(rho, (r, i) => ({
      rho: r,
      s: row(steps.data, i),
      y: row(changes.data, i),
    }));
    history.last = begun ? last.data : null;
    history.gradient = begun ? gradient.data : null;
    return history;
  }
}
