/** @file The state of the one random generator: nodes take their place in its sequence when they are made. */

/** A seed below 2^53, and how many blocks of 64 bits have been drawn. */
export const generator = { seed: Math.floor(Math.random() * 2 ** 53), offset: 0 };
