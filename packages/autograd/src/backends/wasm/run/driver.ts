/**
 * @file The function that runs a plan: it goes through a list of calls and makes each through the table of forms.
 *
 * The list is in memory, so a plan is only an address: all threads run it side by side and meet between kernels where one
 * could read what another is still writing. A list may run several times, as the body of a loop: between these steps,
 * addresses in the blocks move on.
 */
import { ModuleBuilder } from '../assembler/moduleBuilder.js';
import { barrierFunction } from './barrier.js';
import { KERNEL_PARAMETERS } from '../assembler/kernelFunction.js';
import { I32 } from '../assembler/opcodes.js';

/**
 * Words of a list: the number of calls, the plan's scratch memory, the offset and size of each thread's own part of it; how
 * often the list runs, how many words move between two steps, and the address of these moves.
 */
export const LIST = {
  ...{ count: 0, scratch: 1, ownOffset: 2, ownBytes: 3 },
  ...{ times: 4, moveCount: 5, moves: 6, calls: 7 },
} as const;
/** Words of a move: the address of a word, what is added to it, and the factor by which that is then multiplied. */
export const MOVE = { word: 0, by: 1, factor: 2, words: 3 } as const;
/** Words of a call. */
export const CALL = { form: 0, block: 1, flags: 2, words: 3 } as const;
/** All threads make the call; otherwise only the first. */
export const PARALLEL = 1;
/** Threads meet before the call. */
export const MEETING = 2;

/** `run(list, thread, threads, maySleep)`: 0, or 1 when a thread never reached a barrier. */
export type RunFunction = (
  list: number,
  thread: number,
  threads: number,
  maySleep: number,
) => number;

/** A module that exports `run`. */
export function driverModule(shared: boolean): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder(shared);
  writeDriver(module, shared);
  return module.finish();
}

/** Adds `run` to a module, which exports it. */
export function writeDriver(module: ModuleBuilder, shared: boolean): void {
  const f = module.function(KERNEL_PARAMETERS, ['i32']);
  const [list, thread, threads, maySleep] = [0, 1, 2, 3];
  const kernel = module.tableType(KERNEL_PARAMETERS, []);
  const local = (): number => f.local('i32');
  const [scratch, own, at, left, flags, times, moved] = [
    ...[local(), local(), local(), local()],
    ...[local(), local(), local()],
  ] as [number, number, number, number, number, number, number];
  const word = (address: number, index: number): void => {
    f.get(address).memory(I32.load, index * 4);
  };
  word(list, LIST.scratch);
  f.tee(scratch);
  word(list, LIST.ownOffset);
  f.op(I32.add).get(thread);
  word(list, LIST.ownBytes);
  f.op(I32.mul).op(I32.add).set(own);
  const barrier = shared ? barrierFunction(module) : null;
  const meet = (): void => {
    if (barrier === null) return;
    f.get(scratch).get(threads).get(maySleep).call(barrier);
    f.if(() => f.i32(1).return());
  };
  word(list, LIST.times);
  f.set(times);
  f.repeatLocal(times, () => {
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
        f.get(flags).i32(MEETING).op(I32.and).get(threads).i32(1).op(I32.gtU).op(I32.mul);
        f.if(meet);
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
    word(list, LIST.moveCount);
    f.tee(left).if(() => {
      // No thread may read a word while it moves.
      const between = (): void => {
        if (shared) f.get(threads).i32(1).op(I32.gtU).if(meet);
      };
      between();
      f.get(thread)
        .op(I32.eqz)
        .if(() => {
          word(list, LIST.moves);
          f.set(at);
          f.repeatLocal(left, () => {
            word(at, MOVE.word);
            f.tee(moved).get(moved).memory(I32.load, 0);
            word(at, MOVE.by);
            f.op(I32.add).memory(I32.store, 0);
            f.get(at);
            word(at, MOVE.by);
            word(at, MOVE.factor);
            f.op(I32.mul).memory(I32.store, MOVE.by * 4);
            f.advance(at, MOVE.words * 4);
          });
        });
      between();
    });
  });
  f.i32(0);
  module.export('run', f);
}
