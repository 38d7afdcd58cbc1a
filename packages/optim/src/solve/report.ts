/** @file The report of a solver (iterations, convergence), beside the solution. */
import { ChainruleError } from '@chainrule/autograd';

/**
 * Adds the solver's report to the result. Inside `vmap` each example has a report of its own, and none exists yet: reading it
 * is an error.
 */
export function withReport<T extends object, R extends object>(
  owner: string,
  result: T,
  report: { readonly found: R | null; readonly empty: R },
): T & R {
  if (report.found !== null) return { ...result, ...report.found };
  for (const key of Object.keys(report.empty)) {
    Object.defineProperty(result, key, {
      get: () => {
        throw new ChainruleError(
          `${owner}: inside vmap each example has its own ${key}, which is not known while it is recorded`,
        );
      },
    });
  }
  return result as T & R;
}

/** Holds the report of a solver. */
export class Reporter<R extends object> {
  found: R | null = null;
  readonly empty: R;

  constructor(empty: R) {
    this.empty = empty;
  }
}
