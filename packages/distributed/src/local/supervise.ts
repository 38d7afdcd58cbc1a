/**
 * @file Starts ranks on this machine and watches over them. It runs in the launcher, or in a process of its own that gets it
 * as text: so `supervise` may refer to nothing outside itself.
 */

/** A job to start. */
export interface Job {
  /** The folder with the job's files. */
  readonly folder: string;
  readonly size: number;
  /** The first rank to start: 1 if rank 0 is running already. */
  readonly first: number;
  /** The process of rank 0 in that case. */
  readonly parent: number | null;
  readonly command: readonly string[];
  /** The offset of the states in the file `control`, and the bytes of each. */
  readonly statesAt: number;
  readonly stateBytes: number;
  /** How long the other ranks have to end on their own after a failure, in milliseconds. */
  readonly grace: number;
}

/** The environment variables that tell a rank which one it is. */
export const FOLDER = 'CHAINRULE_LOCAL';
export const RANK = 'CHAINRULE_RANK';
export const SIZE = 'CHAINRULE_SIZE';

/**
 * Starts ranks, and returns the exit code of the job: 0 if all ended well, else that of the first that did not. After a
 * failure all others learn of it, and those that have not ended in time are killed. `parentEnded` resolves when rank 0 has
 * ended.
 */
export function supervise(job: Job, parentEnded: Promise<void> | null): Promise<number> {
  const { spawn } = process.getBuiltinModule('node:child_process');
  const fs = process.getBuiltinModule('node:fs');
  const { folder, size, first, parent, statesAt, stateBytes } = job;
  const control = fs.openSync(`${folder}/control`, 'r+');
  const stateOf = (rank: number): number => {
    const word = new Int32Array(1);
    fs.readSync(control, word, 0, 4, statesAt + rank * stateBytes);
    return word[0] ?? 0;
  };
  /** Marks a rank as failed, unless it has already stated the reason itself. */
  const setFailed = (rank: number, text: string): void => {
    if (stateOf(rank) !== 0) return;
    const bytes = new Uint8Array(stateBytes);
    const encoded = new TextEncoder().encode(text).subarray(0, stateBytes - 8);
    new Int32Array(bytes.buffer, 0, 2).set([1, encoded.length]);
    bytes.set(encoded, 8);
    fs.writeSync(control, bytes, 4, stateBytes - 4, statesAt + rank * stateBytes + 4);
    fs.writeSync(control, bytes, 0, 4, statesAt + rank * stateBytes);
  };
  const say = (text: string): void => {
    fs.writeSync(2, `chainrule: ${text}\n`);
  };

  return new Promise((resolve) => {
    const running = new Map<number, { pid: number; kill: (signal: NodeJS.Signals) => void }>();
    let code = 0;
    let failed = false;
    let timer: NodeJS.Timeout | undefined;
    const settle = (): void => {
      if (running.size > 0) return;
      clearTimeout(timer);
      fs.closeSync(control);
      resolve(code);
    };
    const fail = (rank: number, text: string, exit: number): void => {
      setFailed(rank, text);
      if (failed) return;
      failed = true;
      code = exit;
      say(`rank ${rank} ${text}; the other ranks are stopped`);
      timer = setTimeout(() => {
        for (const { kill } of running.values()) kill('SIGKILL');
      }, job.grace);
    };
    const ended = (rank: number, exit: number | null, signal: NodeJS.Signals | null): void => {
      running.delete(rank);
      if (signal !== null) fail(rank, `was killed by ${signal}`, 128 + (SIGNALS[signal] ?? 0));
      else if (exit !== 0) fail(rank, `ended with exit code ${exit}`, exit ?? 1);
      else if (stateOf(rank) !== 2)
        fail(rank, 'ended before the job did: every rank must call distributed()', 1);
      settle();
    };
    const SIGNALS = process.getBuiltinModule('node:os').constants.signals;

    if (parent !== null && parentEnded !== null) {
      const kill = (signal: NodeJS.Signals): void => {
        try {
          process.kill(parent, signal);
        } catch {
          // The process has ended.
        }
      };
      running.set(0, { pid: parent, kill });
      void parentEnded.then(() => {
        running.delete(0);
        if (stateOf(0) !== 2) fail(0, 'ended before the others', 1);
        settle();
      });
    }
    const [program = '', ...args] = job.command;
    for (let rank = first; rank < size; rank++) {
      const child = spawn(program, args, {
        stdio: ['ignore', 'inherit', 'inherit'],
        env: {
          ...process.env,
          CHAINRULE_LOCAL: folder,
          CHAINRULE_RANK: String(rank),
          CHAINRULE_SIZE: String(size),
        },
      });
      running.set(rank, { pid: child.pid ?? 0, kill: (signal) => void child.kill(signal) });
      child.on('error', (error) => {
        running.delete(rank);
        fail(rank, `could not be started: ${error.message}`, 1);
        settle();
      });
      child.on('exit', (exit, signal) => {
        if (running.has(rank)) ended(rank, exit, signal);
      });
    }
    // Passes a signal on to every rank. Ranks that ignore it are killed later.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        for (const { kill } of running.values()) kill(signal);
      });
    }
  });
}
