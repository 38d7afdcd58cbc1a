/** @file A vitest reporter that closes a run with `N passed, N failed` alone on a line, for CI. */
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      const failedBefore = count.failed;
      for (const test of module.children.allTests()) count[test.result().state]++;
      // A file that did not load, or whose hooks failed, has no failing test of its own.
      if (module.state() === 'failed' && count.failed === failedBefore) count.failed++;
    }
    const skipped = count.skipped + count.pending;
    const tail = skipped ? `, ${skipped} skipped` : '';
    console.log(`${count.passed} passed, ${count.failed} failed${tail}`);
  }
}
