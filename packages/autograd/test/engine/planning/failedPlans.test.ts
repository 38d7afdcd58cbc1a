/** @file A program that could not be prepared: the error is reported once, and later programs run as usual. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { engine } from '../../../src/engine/engine.js';
import type { HostBackend } from '../../../src/engine/program.js';
import { backend, compile, DeviceError, memoryUsage, tensor } from '../../../src/index.js';

/** Each time a program is made ready for good, and fails. */
function failing(): { times: number } {
  const failed = { times: 0 };
  vi.spyOn(engine.backend as HostBackend, 'compileAny').mockImplementation(() => {
    failed.times++;
    throw new DeviceError('no memory is left');
  });
  return failed;
}

afterEach(() => vi.restoreAllMocks());

describe.runIf(backend() === 'wasm')('a program that cannot be made ready', () => {
  const x = tensor([0.5, -1, 2]);
  const plain = (): number => x.mul(3).tanh().add(x.square()).sum().item();
  const compiled = compile((y: typeof x) => y.mul(3).tanh().add(y.square()).mean());

  test.each([
    ['as plain code', plain],
    ['compiled', () => compiled(x).item()],
  ])('%s runs as soon as it can again', (_, step) => {
    const expected = step();
    const failed = failing();
    let thrown = 0;
    for (let run = 0; run < 200; run++) {
      try {
        expect(step()).toBe(expected);
      } catch (error) {
        expect(error).toBeInstanceOf(DeviceError);
        expect((error as Error).message).toBe('no memory is left');
        thrown++;
      }
    }
    expect(thrown).toBeGreaterThan(1);
    expect(thrown).toBe(failed.times);
    vi.restoreAllMocks();
    const { plans } = memoryUsage();
    for (let run = 0; run < 3; run++) expect(step()).toBe(expected);
    expect(memoryUsage().plans).toBe(plans);
  });
});
