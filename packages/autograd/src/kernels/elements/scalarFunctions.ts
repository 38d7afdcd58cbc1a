/**
 * @file Functions of doubles that kernels call where they have no vector form: those of the operations themselves, so that no
 * backend has another opinion. Each family of them is entered where it is made, so that a bundle holds those it computes with.
 */

export type ScalarFunction = (x: number, y: number) => number;

/** Makes the functions of a family. Its text travels to worker threads: it refers to nothing outside itself. */
export type ScalarMaker = () => Readonly<Record<string, unknown>>;

const entered: ScalarMaker[] = [];

/** The families that operations of this program have entered. */
export const scalarMakers: readonly ScalarMaker[] = entered;

/** Makes the functions of a family, for operations, and enters it, for kernels. */
export function made<M extends Readonly<Record<string, unknown>>>(maker: () => M): M {
  entered.push(maker);
  return maker();
}
