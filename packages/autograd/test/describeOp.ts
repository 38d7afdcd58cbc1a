/** @file Registers all generic checks of an operation as tests. */
import { describe, it } from 'vitest';
import { checksOf, type OpLine } from './opChecks.js';

/**
 * Runs every generic check of an operation: `describeOp('sin', { domain: [-10, 10] })` for one that works element by
 * element, `describeOp('matmul', { samples: () => [[a, b]] })` for any other. See `OpLine` for what a line can say.
 */
export function describeOp(name: string, line: OpLine = {}): void {
  describe(name, () => {
    for (const check of checksOf(name, line)) it(check.name, () => check.run());
  });
}
