/** @file Several transforms as one. */
import { checkArgument, kinds, passes, Tensor } from '@chainrule/autograd';
import { sumLast } from './distribution.js';
import type { Value } from './parameters.js';
import { argument, named, Transform, TRANSFORM } from './transform.js';

/**
 * Several transforms in a row, the first one first. PyTorch: `ComposeTransform`.
 * @example
 * new ComposeTransform([new AffineTransform(0, 2), new ExpTransform()]).forward(tensor([0, 1])) // [1, 7.3891]
 */
export class ComposeTransform extends Transform {
  /** The transforms, the first one first. */
  readonly parts: readonly Transform[];
  override readonly eventDim: number;
  override readonly bijective: boolean;

  constructor(parts: readonly Transform[] | { readonly parts: readonly Transform[] }) {
    super();
    const list: unknown = passes(named, parts) ? (parts as { parts: unknown }).parts : parts;
    this.parts = checkArgument('ComposeTransform', 'parts', list, kinds.listOf(TRANSFORM));
    this.eventDim = Math.max(0, ...this.parts.map((t) => t.eventDim));
    this.bijective = this.parts.every((t) => t.bijective);
  }

  /** `y = f(x)`. */
  override forward(x: Tensor): Tensor {
    argument(this, 'x', x);
    return this.parts.reduce((y, t) => t.forward(y), x);
  }

  /** `x = f⁻¹(y)`. */
  override inverse(y: Tensor): Tensor {
    argument(this, 'y', y);
    return this.parts.reduceRight((x, t) => t.inverse(x), y);
  }

  override logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    argument(this, 'x', x);
    argument(this, 'y', y);
    if (this.parts.length === 0) return x.mul(0);
    let at = x;
    const terms = this.parts.map((t, i) => {
      const next = i === this.parts.length - 1 ? y : t.forward(at);
      const term = sumLast(t.logAbsDetJacobian(at, next), this.eventDim - t.eventDim);
      at = next;
      return term;
    });
    return terms.reduce((sum, term) => sum.add(term));
  }

  override get sign(): Value {
    return this.parts.reduce<Value>((product, t) => times(product, t.sign), 1);
  }

  override equals(other: Transform): boolean {
    return (
      passes(TRANSFORM, other) &&
      other instanceof ComposeTransform &&
      other.parts.length === this.parts.length &&
      this.parts.every((t, i) => t.equals(other.parts[i] as Transform))
    );
  }
}

function times(a: Value, b: Value): Value {
  if (a instanceof Tensor) return a.mul(b as Tensor);
  return b instanceof Tensor ? b.mul(a) : a * b;
}
