/** @file Finds the line of a user's program in a stack trace. */

/** The first line of a stack trace outside of this library. */
export function userLine(stack: string): string {
  const lines = stack.split('\n').slice(1);
  const user = lines.find(
    (line) =>
      !/packages[\\/](autograd|nn|optim|export|distributed)[\\/](src|dist)|@chainrule/.test(line),
  );
  return (user ?? lines.at(-1) ?? '').trim();
}
