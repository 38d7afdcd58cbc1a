/** @file The state of the global random generator: a node that draws takes its offset in the sequence when it is made. */

/** A seed below 2^53, and how many blocks of 64 bits have been drawn. */
export const generator = { seed: Math.floor(Math.random() * 2 ** 53), offset: 0 };
