/**
 * @file The barrier between kernels: a WebAssembly function over three words of shared memory, where threads wait for each
 * other.
 *
 * The last thread to arrive starts the next generation and wakes the sleepers. The others spin for a while, which costs a
 * fraction of a microsecond when all are running, and then sleep.
 */
import type { FunctionBuilder, ModuleBuilder } from '../assembler/moduleBuilder.js';
import { ATOMICS, I32 } from '../assembler/opcodes.js';

/** Bytes a barrier needs: arrived, generation and sleepers, on a cache line each. */
export const BARRIER_BYTES = 192;

/** The word that a kernel sets when it meets a value that it refuses, on the sleepers' line. */
export const FAULT = 132;

const ARRIVED = 0;
const GENERATION = 64;
const SLEEPERS = 128;
const SPINS = 4000;
const SLEEP_NANOSECONDS = 20_000_000;
/** How many sleeps of 20 milliseconds to wait for a thread; one that is known to be lost is not waited for. */
const MAX_SLEEPS = 1500;

/** `(address, threads, maySleep) → status`: 0 when all arrived, 1 when one was lost or never came. */
export function barrierFunction(module: ModuleBuilder): FunctionBuilder {
  const f = module.function(['i32', 'i32', 'i32'], ['i32']);
  const [address, threads, maySleep] = [0, 1, 2];
  const generation = f.local('i32');
  const spins = f.local('i32');
  const patience = f.local('i32');
  // Whether a thread that others wait for will not come.
  const lost = module.math('threadLost', [], ['i32']);
  const passed = (): void => {
    f.get(address)
      .memory(ATOMICS.load, GENERATION)
      .get(generation)
      .op(I32.ne)
      .if(() => f.i32(0).return());
  };

  f.get(address).memory(ATOMICS.load, GENERATION).set(generation);
  f.get(address).i32(1).memory(ATOMICS.add, ARRIVED).i32(1).op(I32.add).get(threads).op(I32.eq);
  f.if(() => {
    f.get(address).i32(0).memory(ATOMICS.store, ARRIVED);
    f.get(address).i32(1).memory(ATOMICS.add, GENERATION).drop();
    f.get(address).memory(ATOMICS.load, SLEEPERS);
    f.if(() => f.get(address).i32(-1).memory(ATOMICS.notify, GENERATION).drop());
    f.i32(0).return();
  });
  const spin = (): void => {
    f.i32(SPINS).set(spins);
    f.repeatLocal(spins, passed);
  };
  spin();
  f.i32(MAX_SLEEPS).set(patience);
  f.get(maySleep).if(
    () => {
      f.get(address).i32(1).memory(ATOMICS.add, SLEEPERS).drop();
      f.repeatLocal(patience, () => {
        f.get(address)
          .get(generation)
          .i64(SLEEP_NANOSECONDS)
          .memory(ATOMICS.wait32, GENERATION)
          .drop();
        f.get(address)
          .memory(ATOMICS.load, GENERATION)
          .get(generation)
          .op(I32.ne)
          .if(() => {
            f.get(address).i32(-1).memory(ATOMICS.add, SLEEPERS).drop();
            f.i32(0).return();
          });
        f.call(lost).if(() => {
          f.get(address).i32(-1).memory(ATOMICS.add, SLEEPERS).drop();
          f.i32(1).return();
        });
      });
      f.get(address).i32(-1).memory(ATOMICS.add, SLEEPERS).drop();
    },
    () => {
      // The main thread of a page may not sleep. A spin takes about ten microseconds.
      f.get(patience).i32(10_000).op(I32.mul).set(patience);
      f.repeatLocal(patience, () => {
        spin();
        f.call(lost).if(() => f.i32(1).return());
      });
    },
  );
  f.i32(1);
  return f;
}
