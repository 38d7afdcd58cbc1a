/** @file The argument of exporters: a module, or a function of tensors, and how it is called. */
import { kinds, type Tensor } from '@chainrule/autograd';
import { Module } from '@chainrule/nn';

export const modelOrFunction = kinds.kind<never>(
  'be a module or a function of tensors',
  (x) => kinds.callable.test(x) || x instanceof Module,
);

/** A module's own forward, or the function itself. */
export function forwardOf(f: unknown): (...xs: readonly Tensor[]) => unknown {
  return f instanceof Module
    ? (...xs): unknown => f.forward(...(xs as never[]))
    : (f as (...xs: readonly Tensor[]) => unknown);
}

/**
 * Runs `f` with modules, given as one module or by name, in training or evaluation mode; afterwards each has its own mode
 * again.
 */
export function inMode<R>(
  holders: readonly (object | undefined)[],
  training: boolean,
  f: () => R,
): R {
  const named = holders.flatMap((holder) => [
    holder,
    ...(Object.values(holder ?? {}) as unknown[]),
  ]);
  const parts = named.flatMap((x) => {
    const { modules } = (x ?? {}) as { modules?: unknown };
    return typeof modules === 'function' ? (modules.call(x) as { training: boolean }[]) : [];
  });
  const before = parts.map((part) => part.training);
  for (const part of parts) part.training = training;
  try {
    return f();
  } finally {
    parts.forEach((part, k) => (part.training = before[k] === true));
  }
}
