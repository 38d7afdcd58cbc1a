import { afterEach, expect, test, vi } from 'vitest';
import type { SerializedError, TestModule } from 'vitest/node';
import ClosingLine from './closing-line.js';

type State = 'passed' | 'failed' | 'skipped' | 'pending';

function moduleOf(state: string, tests: readonly State[]): TestModule {
  const cases = tests.map((result) => ({ result: () => ({ state: result }) }));
  const module = { state: () => state, children: { allTests: () => cases } };
  return module as unknown as TestModule;
}

function lineOf(modules: readonly TestModule[], errors: readonly SerializedError[] = []): unknown {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  new ClosingLine().onTestRunEnd(modules, errors);
  expect(log).toHaveBeenCalledTimes(1);
  return log.mock.calls[0]?.[0];
}

afterEach(() => void vi.restoreAllMocks());

test('counts tests over all files', () => {
  const modules = [moduleOf('passed', ['passed', 'passed']), moduleOf('failed', ['failed'])];
  expect(lineOf(modules)).toBe('2 passed, 1 failed');
});

test('names skipped tests only where there are some', () => {
  const modules = [moduleOf('passed', ['passed', 'skipped', 'pending'])];
  expect(lineOf(modules)).toBe('1 passed, 0 failed, 2 skipped');
});

test('a file that could not be loaded is a failure', () => {
  expect(lineOf([moduleOf('failed', [])])).toBe('0 passed, 1 failed');
});

test('an error outside of any test is a failure', () => {
  const error: SerializedError = { message: 'unhandled' };
  expect(lineOf([moduleOf('passed', ['passed'])], [error])).toBe('1 passed, 1 failed');
});

test('a run without tests says so', () => {
  expect(lineOf([])).toBe('0 passed, 0 failed');
});
