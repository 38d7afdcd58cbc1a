/** @file Finds the line of a user's program in a stack trace. */
import { stacks } from '../graph/stacks.js';
import type { Tensor } from '../graph/tensor.js';

/** The line that made a node; undefined if it was not made in debug mode. */
export function madeAt(node: Tensor): string | undefined {
  const stack = stacks.get(node);
  return stack === undefined ? undefined : userLine(stack);
}

/** The first line of a stack trace outside of this library. */
export function userLine(stack: string): string {
  const lines = stack.split('\n').slice(1);
  const user = lines.find(
    (line) =>
      !/packages[\\/](autograd|nn|optim|export|distributed)[\\/](src|dist)|@chainrule/.test(line),
  );
  return (user ?? lines.at(-1) ?? '').trim();
}
