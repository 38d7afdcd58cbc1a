/** @file All parameters as one vector: reads their values, moves them, and measures the loss and its gradient. */
import {
  borrowGrad,
  ChainruleError,
  display,
  evaluate,
  tensor,
  Tensor,
  type Parameter,
  type TypedArray,
} from '@chainrule/autograd';
import type { Reading } from './reading.js';
import { addScaled, type Vector } from './vector.js';

/** The loss and its gradient at one point. */
export interface Measure {
  readonly f: number;
  readonly g: Vector;
}

export function firstNonFinite({ f, g }: Measure): string | null {
  if (!Number.isFinite(f)) return 'the loss';
  return g.every(Number.isFinite) ? null : 'the gradient';
}

export class ParameterVector {
  private readonly params: readonly Parameter[];

  constructor(params: readonly Parameter[]) {
    this.params = params;
  }

  *values(): Reading<Vector> {
    return this.flatten(yield this.params);
  }

  /** The loss and the gradients of its parameters, as numbers. */
  *measure(loss: unknown): Reading<Measure> {
    const gradients = this.params.map((p) => borrowGrad(p));
    const present = gradients.filter((g) => g !== null);
    const first = lossOf(loss);
    const [f, ...parts] =
      typeof first === 'number'
        ? [Float64Array.of(first), ...(yield present)]
        : yield [first, ...present];
    const arrays = gradients.map((g) => (g === null ? null : (parts.shift() ?? null)));
    return { f: f?.[0] ?? NaN, g: this.flatten(arrays) };
  }

  /** Sets the parameters to `x + t · d`. */
  move(x: Vector, t: number, d: Vector): void {
    const next = x.slice();
    addScaled(next, t, d);
    let at = 0;
    for (const p of this.params) {
      const part = next.slice(at, at + p.size);
      const { shape, device } = p;
      const values = p.dtype === 'float32' ? Float32Array.from(part) : part;
      p.assign(tensor(values, { shape, device }));
      at += p.size;
    }
    evaluate();
  }

  private flatten(parts: readonly (TypedArray | null)[]): Vector {
    const flat = new Float64Array(this.params.reduce((n, p) => n + p.size, 0));
    let at = 0;
    this.params.forEach((p, i) => {
      const part = parts[i] ?? null;
      if (part !== null) flat.set(part, at);
      at += p.size;
    });
    return flat;
  }
}

function lossOf(loss: unknown): Tensor | number {
  if (typeof loss === 'number') return loss;
  if (loss instanceof Tensor && loss.size === 1) return loss as Tensor;
  const actual =
    loss instanceof Tensor ? `one of shape [${(loss as Tensor).shape.join(', ')}]` : display(loss);
  throw new ChainruleError(
    `LBFGS: the closure must return the loss, a tensor of one element or a number, got ${actual}`,
  );
}
