/**
 * @file The function that runs a plan: it goes through a list of calls and makes each through the table of forms.
 *
 * The list lies in memory, so that a plan is no more than an address: all threads run it side by side and meet between
 * kernels where one could read what another is still writing.
 */
import { ModuleBuilder } from '../assembler/moduleBuilder.js';
import { barrierFunction } from './barrier.js';
import { KERNEL_PARAMETERS } from '../assembler/kernelFunction.js';
import { I32 } from '../assembler/opcodes.js';

/** Words of a list: how many calls, the scratch memory of the plan, and where each thread has its own in it. */
export const LIST = { count: 0, scratch: 1, ownOffset: 2, ownBytes: 3, calls: 4 } as const;
/** Words of a call. */
export const CALL = { form: 0, block: 1, flags: 2, words: 3 } as const;
/** All threads make the call; else the first alone. */
export const PARALLEL = 1;
/** Threads meet before it. */
export const MEETING = 2;

/** `run(list, thread, threads, maySleep)`: 0, or 1 when a thread never came to a meeting point. */
export type RunFunction = (
  list: number,
  thread: number,
  threads: number,
  maySleep: number,
) => number;

/** A module that exports `run`. */
export function driverModule(shared: boolean): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(shared);
  const f = module.function(KERNEL_PARAMETERS, ['i32']);
  const [list, thread, threads, maySleep] = [0, 1, 2, 3];
  const kernel = module.tableType(KERNEL_PARAMETERS, []);
  const [scratch, own, at, left, flags] = [0, 1, 2, 3, 4].map(() => f.local('i32')) as [
    ...[number, number, number, number, number],
  ];
  const word = (address: number, index: number): void => {
    f.get(address).memory(I32.load, index * 4);
  };
  word(list, LIST.scratch);
  f.tee(scratch);
  word(list, LIST.ownOffset);
  f.op(I32.add).get(thread);
  word(list, LIST.ownBytes);
  f.op(I32.mul).op(I32.add).set(own);
  f.get(list)
    .i32(LIST.calls * 4)
    .op(I32.add)
    .set(at);
  word(list, LIST.count);
  f.set(left);
  f.repeatLocal(left, () => {
    word(at, CALL.flags);
    f.set(flags);
    if (shared) {
      const barrier = barrierFunction(module);
      f.get(flags).i32(MEETING).op(I32.and).get(threads).i32(1).op(I32.gtU).op(I32.mul);
      f.if(() => {
        f.get(scratch).get(threads).get(maySleep).call(barrier);
        f.if(() => f.i32(1).return());
      });
    }
    f.get(flags).i32(PARALLEL).op(I32.and).get(thread).op(I32.eqz).op(I32.or);
    f.if(() => {
      word(at, CALL.block);
      f.get(thread).get(threads).get(own);
      word(at, CALL.form);
      f.callIndirect(kernel);
    });
    f.advance(at, CALL.words * 4);
  });
  f.i32(0);
  module.export('run', f);
  return module.finish();
}
