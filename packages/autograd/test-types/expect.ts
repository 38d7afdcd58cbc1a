/** @file What the tests of types say: `expectType<Expected>()(value)` compiles only where the types are identical. */
export type Equal<A, B> =
  (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;

/** Does not compile unless `A` and `B` are the same type. */
export declare function same<A, B>(...equal: Equal<A, B> extends true ? [] : [got: A]): void;

/** Does not compile unless the value has exactly the type `T`. */
export declare function expectType<T>(): <V>(
  value: V,
  ...equal: Equal<V, T> extends true ? [] : [got: V]
) => void;
