/** @file What tells one optimizer from another: its rule. Everything else is written once, in `optimizer.ts`. */
import type { Parameter, Shape, Tensor } from '@chainrule/autograd';
import type { Check, Hypers } from './checks.js';

/** A hyper-parameter as formulas see it: a number is a tensor without dimensions, in float64. */
export type Symbolic<T> = T extends number
  ? Tensor
  : T extends readonly unknown[]
    ? { readonly [I in keyof T]: Symbolic<T[I]> }
    : T;

/** Hyper-parameters as formulas see them. */
export type Symbols<H> = { readonly [K in keyof H]: Symbolic<H[K]> };

/** The first value of a state: a constant, in the parameter's shape and dtype unless it says otherwise. */
export interface Initial {
  readonly fill?: number;
  readonly shape?: Shape;
}

/**
 * An update rule. It computes with tensors only, first steps included, so that a compiled step replays right.
 *
 * `Scalar` names the numbers all parameters of a group share in a step, `State` what is remembered of each parameter,
 * `Counter` the numbers that are remembered with the step count.
 */
export interface Rule<
  H extends Hypers,
  Scalar extends string = string,
  State extends string = string,
  Counter extends string = string,
> {
  /** The optimizer's name. */
  readonly name: string;
  readonly defaults: H;
  readonly checks: { readonly [K in keyof H]: Check };
  /** Numbers whose value shapes the graph: a count of iterations. Of other numbers only whether they are 0 may. */
  readonly structural?: readonly string[];
  /** Conditions on several hyper-parameters, or on the parameters: what is wrong, or null. */
  refuse?(group: H, params: readonly Parameter[]): string | null;
  /** The first values of the counters. */
  counters?(group: H): Record<Counter, number>;
  /** What is remembered of a parameter, given the group's options. */
  state(group: H, param: Parameter): Partial<Record<State, Initial>>;
  /** The counters after step `t`. */
  count?(h: Symbols<H>, t: Tensor, counters: Record<Counter, Tensor>): Record<Counter, Tensor>;
  /**
   * The numbers of step `t` (1 for the first), from the counters before it, computed in float64 once for a group; the
   * machinery casts them to the dtype of each parameter.
   */
  scalars(
    h: Symbols<H>,
    t: Tensor,
    counters: Record<Counter, Tensor>,
    group: H,
  ): Record<Scalar, Tensor>;
  /** The parameter and its state after the step. `g` is the gradient, already negated if the group maximizes. */
  update(
    p: Tensor,
    g: Tensor,
    state: Record<State, Tensor>,
    s: Record<Scalar, Tensor>,
    group: H,
  ): { readonly param: Tensor } & Partial<Record<State, Tensor>>;
}
