/** @file Finds the line of a user's program in a stack trace. */
import { COPY } from '../graph/copy.js';
import { stacks } from '../graph/stacks.js';
import type { Tensor } from '../graph/tensor.js';

/** The line that made a node; empty if it was not made in debug mode, or by no line of the user's. */
export function madeAt(node: Tensor): string {
  return userLine(stacks.get(node) ?? '');
}

/** Lines of this library, and of what runs it: `at Array.map (<anonymous>)`, `at Promise.all (index 0)`. */
const OWN_LINES =
  /packages[\\/](autograd|nn|optim|export|distributed)[\\/](src|dist)|@chainrule|node:|\((<anonymous>|index .*)\)$/;

/** The first line of a stack trace outside of this library, which lies in the file `place`, or an empty text. */
export function userLine(stack: string, { place } = COPY): string {
  const others = stack
    .split('\n')
    .slice(1)
    .filter((line) => !OWN_LINES.test(line));
  // A file of everything, or of a page's packages, may lie anywhere. Of one that holds the program too, the outermost line is
  // the program's.
  const user = others.find((line) => place === null || !line.includes(place));
  return (user ?? others.at(-1) ?? '').trim();
}
