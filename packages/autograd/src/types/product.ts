/** @file Multiplication of sizes, in types: digit by digit, as on paper, so that 64 · 784 costs no more than 8 · 9. */
import type { Shape } from '../graph/shape.js';

/** A digit as a tuple of that length. */
interface Units {
  0: [];
  1: [0];
  2: [0, 0];
  3: [0, 0, 0];
  4: [0, 0, 0, 0];
  5: [0, 0, 0, 0, 0];
  6: [0, 0, 0, 0, 0, 0];
  7: [0, 0, 0, 0, 0, 0, 0];
  8: [0, 0, 0, 0, 0, 0, 0, 0];
  9: [0, 0, 0, 0, 0, 0, 0, 0, 0];
}
type Digit = keyof Units;
type Tuple = readonly 0[];

/** A tuple as long as the product of the two lengths. */
type Repeated<X extends Tuple, Y extends Tuple> = Y extends readonly [
  0,
  ...infer Rest extends Tuple,
]
  ? [...X, ...Repeated<X, Rest>]
  : [];

/** The last digit of a number below 100, and the tuple of its tens. */
type Split<N> = `${N & number}` extends `${infer Tens extends Digit}${infer Ones extends Digit}`
  ? [Ones, Units[Tens]]
  : [N, []];

type Reversed<X extends string> = X extends `${infer Head}${infer Tail}`
  ? `${Reversed<Tail>}${Head}`
  : '';

/** Digits from the last on, times one digit, plus the carry. */
type Times<
  X extends string,
  Y extends Tuple,
  Carry extends Tuple = [],
> = X extends `${infer D extends Digit}${infer Rest}`
  ? Split<[...Repeated<Units[D], Y>, ...Carry]['length']> extends [
      infer Ones extends number,
      infer Tens extends Tuple,
    ]
    ? `${Ones}${Times<Rest, Y, Tens>}`
    : never
  : Carry extends readonly []
    ? ''
    : `${Carry['length']}`;

/** The sum of two numbers, digits from the last on. */
type Plus<
  X extends string,
  Y extends string,
  Carry extends Tuple = [],
> = X extends `${infer D extends Digit}${infer XRest}`
  ? Y extends `${infer E extends Digit}${infer YRest}`
    ? Split<[...Units[D], ...Units[E], ...Carry]['length']> extends [
        infer Ones extends number,
        infer Tens extends Tuple,
      ]
      ? `${Ones}${Plus<XRest, YRest, Tens>}`
      : never
    : Plus<X, '0', Carry>
  : Y extends ''
    ? Carry extends readonly []
      ? ''
      : `${Carry['length']}`
    : Plus<'0', Y, Carry>;

type Multiplied<
  X extends string,
  Y extends string,
> = Y extends `${infer D extends Digit}${infer Rest}`
  ? Plus<Times<X, Units[D]>, `0${Multiplied<X, Rest>}`>
  : '';

type Trimmed<X extends string> = X extends `0${infer Rest}`
  ? Rest extends ''
    ? X
    : Trimmed<Rest>
  : X;

/** Digits as a number; text that is not a plain whole number (1e21) becomes `number`. */
type Parsed<X extends string> = Trimmed<X> extends `${infer N extends number}` ? N : number;

/** `M · N`. */
type Multiply<M extends number, N extends number> = M extends 1
  ? N
  : N extends 1
    ? M
    : Parsed<Reversed<Multiplied<Reversed<`${M}`>, Reversed<`${N}`>>>>;

/** `M + N`. */
export type Sum<M extends number, N extends number> = number extends M
  ? number
  : number extends N
    ? number
    : Parsed<Reversed<Plus<Reversed<`${M}`>, Reversed<`${N}`>>>>;

/** Whether a number is known, and consists of digits only. */
type IsSize<N extends number> = number extends N
  ? false
  : `${N}` extends `-${string}` | `${string}.${string}` | `${string}e${string}`
    ? false
    : true;

/** The number of elements; `number` if a size is not known. */
export type Product<S extends Shape, Out extends number = 1> = S extends readonly [
  infer N extends number,
  ...infer Rest extends Shape,
]
  ? IsSize<N> extends false
    ? number
    : Product<Rest, Multiply<Out, N>>
  : Out;
