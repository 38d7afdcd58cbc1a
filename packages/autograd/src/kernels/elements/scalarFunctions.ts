/**
 * @file Functions of doubles that kernels call where they have no vector form: the same functions that the operations use, so
 * that all backends agree. Each family is registered where it is made, so that a bundle contains only those that it computes
 * with.
 */

export type ScalarFunction = (x: number, y: number) => number;

/**
 * Makes the functions of a family. Its source text is sent to worker threads, so it must not refer to anything outside
 * itself.
 */
export type ScalarMaker = () => Readonly<Record<string, unknown>>;

const entered: ScalarMaker[] = [];

/** The families that the operations of this program have registered. */
export const scalarMakers: readonly ScalarMaker[] = entered;

/** Makes the functions of a family, for operations, and registers it, for kernels. */
export function made<M extends Readonly<Record<string, unknown>>>(maker: () => M): M {
  entered.push(maker);
  return maker();
}
