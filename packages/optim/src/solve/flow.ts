/**
 * @file The solution of an ordinary differential equation as a differentiable function of its start, the times, and all
 * tensors that its right-hand side captures. Its derivatives are solutions of other equations, so they have derivatives
 * again.
 */
import {
  cat,
  customGrad,
  eye,
  jvp,
  neg,
  stack,
  vjp,
  vmap,
  zeros,
  zerosLike,
} from '@chainrule/autograd';
import type { Tensor } from '@chainrule/autograd';
import { byValues } from './byValues.js';
import { dopri5, type RightSide } from './dopri5.js';
import { rodas } from './rodas.js';
import { follow, type Limits, type Stepper, type Watcher } from './stepper.js';
import { tensorOf, vectorOf } from './vector.js';

export interface FlowSettings extends Limits {
  readonly method: 'dopri5' | 'rodas';
  /** Whether gradients come from the adjoint equation, solved backwards, or from the sensitivity equations, solved forwards. */
  readonly adjoint: boolean;
}

/** Functions that are called while the equation is solved. */
export interface Listeners {
  readonly note?: (steps: number, end: number | null) => void;
  readonly watch?: Watcher | undefined;
}

export class Flow {
  private readonly f: RightSide;
  private readonly size: number;
  private readonly dtype: 'float32' | 'float64';
  private readonly settings: FlowSettings;
  readonly stepper: (captured: readonly Tensor[]) => Stepper;
  private children: { tangent?: Flow; adjoint?: Flow; sensitivity?: Flow } = {};

  constructor(f: RightSide, size: number, dtype: 'float32' | 'float64', settings: FlowSettings) {
    this.f = f;
    this.size = size;
    this.dtype = dtype;
    this.settings = settings;
    this.stepper = (settings.method === 'dopri5' ? dopri5 : rodas)(f, dtype);
  }

  /** The states at `times`, [T, n]; `note` receives the number of steps. */
  run(
    y0: Tensor,
    times: Tensor,
    captured: readonly Tensor[],
    { note, watch }: Listeners = {},
  ): Tensor {
    const solve = (start: Tensor, at: Tensor, ...others: Tensor[]): Tensor => {
      const { rows, steps, end } = follow(
        this.stepper(others),
        vectorOf(start),
        vectorOf(at),
        this.settings,
        watch,
      );
      note?.(steps, end);
      return stack(rows.map((row) => tensorOf(row, this.dtype)));
    };
    const like = zeros([times.size, this.size], { dtype: this.dtype });
    const apply = customGrad<[Tensor, Tensor, readonly Tensor[]], Tensor>({
      name: 'odeint',
      forward: (ctx, start, at, others) => {
        const ys = byValues('odeint', solve, like, start, at, ...others);
        ctx.save(ys, start, at, ...others);
        return ys;
      },
      backward: (ctx, g) => {
        const [ys, start, at, ...others] = ctx.saved as [Tensor, Tensor, Tensor, ...Tensor[]];
        return this.settings.adjoint
          ? this.adjoint(g, ys, at, others)
          : this.sensitivities(g, ys, start, at, others);
      },
      jvp: (ctx, start, at, others) => {
        const [ys, y, t, ...rest] = ctx.saved as [Tensor, Tensor, Tensor, ...Tensor[]];
        return this.tangent(
          ys,
          [y, t, rest],
          [start, at, others as readonly (Tensor | null)[] | null],
        );
      },
    });
    return apply(y0, times, captured);
  }

  private row(ys: Tensor, i: number): Tensor {
    return ys.select(0, i);
  }

  /** The right-hand side at each of the times: the derivatives of the states by their times. */
  private slopes(ys: Tensor, t: Tensor, others: readonly Tensor[]): Tensor {
    return stack(t.unbind().map((ti, i) => this.f(ti, this.row(ys, i), others)));
  }

  private child(name: 'tangent' | 'adjoint' | 'sensitivity', size: number, f: RightSide): Flow {
    return (this.children[name] ??= new Flow(f, size, this.dtype, this.settings));
  }

  /** s' = ∂f/∂y · s + ∂f/∂c · ċ, solved together with y' = f. */
  private tangent(
    ys: Tensor,
    [y0, t, others]: [Tensor, Tensor, readonly Tensor[]],
    [dy0, dt, dothers]: [Tensor | null, Tensor | null, readonly (Tensor | null)[] | null],
  ): Tensor {
    const n = this.size;
    const count = others.length;
    const flow = this.child('tangent', 2 * n, (time, z, all) => {
      const [values, directions] = [all.slice(0, count), all.slice(count)];
      const [y, s] = [z.narrow(0, 0, n), z.narrow(0, n, n)];
      const f = (v: Tensor, c: readonly Tensor[]): Tensor => this.f(time, v, c);
      return cat([...jvp(f, [y, values], [s, directions])] as [Tensor, Tensor]);
    });
    const directions = others.map((c, k) => dothers?.[k] ?? zerosLike(c));
    const slopes = dt === null ? null : this.slopes(ys, t, others);
    let start = dy0 ?? zerosLike(y0);
    if (slopes !== null && dt !== null) start = start.sub(this.row(slopes, 0).mul(dt.select(0, 0)));
    const zs = flow.run(cat([y0, start]), t, [...others, ...directions]);
    const change = zs.narrow(1, n, n);
    return slopes === null || dt === null ? change : change.add(slopes.mul(dt.unsqueeze(1)));
  }

  /** λ' = −(∂f/∂y)ᵀ·λ and q' = −(∂f/∂c)ᵀ·λ, solved backwards from time to time, together with y (Chen et al. 2018). */
  private adjoint(
    g: Tensor,
    ys: Tensor,
    t: Tensor,
    others: readonly Tensor[],
  ): [Tensor, Tensor, Tensor[]] {
    const n = this.size;
    const width = others.reduce((sum, c) => sum + c.size, 0);
    const flow = this.child('adjoint', 2 * n + width, (time, z, all) => {
      const [y, w] = [z.narrow(0, 0, n), z.narrow(0, n, n)];
      const f = (v: Tensor, c: readonly Tensor[]): Tensor => this.f(time, v, c);
      const [value, pull] = vjp(f, y, all);
      const [dy, dc] = pull(neg(w)) as [Tensor, Tensor[]];
      return cat([value, dy, ...dc.map((part) => part.reshape([-1]))]);
    });
    const count = t.size;
    const slopes = this.slopes(ys, t, others);
    let w: Tensor = zerosLike(this.row(ys, 0));
    let q: Tensor = zeros([width], { dtype: this.dtype });
    for (let i = count - 1; i > 0; i--) {
      w = w.add(this.row(g, i));
      const back = stack([t.select(0, i), t.select(0, i - 1)]);
      const z = flow.run(cat([this.row(ys, i), w, zerosLike(q)]), back, others).select(0, 1);
      w = z.narrow(0, n, n);
      q = q.add(z.narrow(0, 2 * n, width));
    }
    const byTime = g.mul(slopes).sum(1);
    const first = w.mul(this.row(slopes, 0)).sum().neg();
    const times = cat([first.reshape([1]), byTime.narrow(0, 1, count - 1)]);
    return [w.add(this.row(g, 0)), times, this.parts(q, others)];
  }

  /**
   * S' = ∂f/∂y · S + ∂f/∂c, solved together with y' = f, for every number of y0 and of the captured tensors: forwards, so as
   * stable as y.
   */
  private sensitivities(
    g: Tensor,
    ys: Tensor,
    y0: Tensor,
    t: Tensor,
    others: readonly Tensor[],
  ): [Tensor, Tensor, Tensor[]] {
    const n = this.size;
    const width = others.reduce((sum, c) => sum + c.size, 0);
    const k = n + width;
    const units = cat([
      zeros([n, width], { dtype: this.dtype }),
      eye(width, width, { dtype: this.dtype }),
    ]);
    const flow = this.child('sensitivity', n * (1 + k), (time, z, all) => {
      const y = z.narrow(0, 0, n);
      const S = z.narrow(0, n, n * k).reshape([k, n]);
      const f = (v: Tensor, c: readonly Tensor[]): Tensor => this.f(time, v, c);
      const along = (s: Tensor, unit: Tensor): Tensor =>
        jvp(f, [y, all], [s, this.parts(unit, all)])[1];
      return cat([this.f(time, y, all), vmap(along)(S, units).reshape([-1])]);
    });
    const identity = cat([
      eye(n, n, { dtype: this.dtype }),
      zeros([width, n], { dtype: this.dtype }),
    ]);
    const zs = flow.run(cat([y0, identity.reshape([-1])]), t, others);
    // gradient[a] = Σ over times and states of g · S
    const count = t.size;
    const S = zs.narrow(1, n, n * k).reshape([count, k, n]);
    const total = S.mul(g.unsqueeze(1)).sum([0, 2]);
    const slopes = this.slopes(ys, t, others);
    const byStart = total.narrow(0, 0, n);
    const later = byStart.sub(this.row(g, 0));
    const first = later.mul(this.row(slopes, 0)).sum().neg();
    const byTime = g
      .mul(slopes)
      .sum(1)
      .narrow(0, 1, count - 1);
    return [
      byStart,
      cat([first.reshape([1]), byTime]),
      this.parts(total.narrow(0, n, width), others),
    ];
  }

  /** Splits a vector of all captured numbers into the shapes of the tensors. */
  private parts(q: Tensor, others: readonly Tensor[]): Tensor[] {
    let at = 0;
    return others.map((c) => {
      const part = q.narrow(0, at, c.size).reshape(c.shape);
      at += c.size;
      return part;
    });
  }
}
