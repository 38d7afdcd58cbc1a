/** @file How a rank leaves its job: after all others have reached the end too, or with a reason that the others receive. */
import type { Communicator } from './communicator.js';
import { setCurrent } from './current.js';

/**
 * Ends the job of a communicator when the process ends: normally if all ranks reach the end, else with the error of this
 * rank. Returns a function that ends the job earlier.
 */
export function endWithProcess(communicator: Communicator): () => void {
  const { transport, agreement } = communicator;
  let open = true;
  let reason = '';
  let shown = '';
  const leave = (): void => {
    if (!open) return;
    agreement.meet({ what: 'close' });
    open = false;
    setCurrent(null);
    transport.close();
  };
  const stop = (why: string, code: number): void => {
    if (!open) return;
    open = false;
    // MPI ends the process before Node.js prints the error, and its launchers discard output that they have not read by then.
    // So the error is written here, and launchers get a second to read it: many times what they take on a machine with ten
    // processes per core.
    if (transport.kind === 'mpi') {
      process.stderr.write(`chainrule: rank ${transport.rank} ${why}\n${shown}`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    }
    transport.stop(why, code);
  };
  if (transport.size === 1) return leave;
  process.on('uncaughtExceptionMonitor', (error: unknown) => {
    reason = `failed: ${messageOf(error)}`;
    shown = stackOf(error);
  });
  process.on('exit', (code) => {
    if (code !== 0) return stop(reason || `ended with exit code ${code}`, code);
    if (agreement.failed) {
      process.exitCode = 1;
      return stop('continued after the job had failed', 1);
    }
    try {
      leave();
    } catch (error) {
      process.exitCode = 1;
      process.stderr.write(`chainrule: rank ${transport.rank}: ${messageOf(error)}\n`);
      stop(`failed: ${messageOf(error)}`, 1);
    }
  });
  return leave;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** The stack of an error, without its message. */
function stackOf(error: unknown): string {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  return lines
    .filter((line) => /^\s+at /.test(line))
    .map((line) => `${line}\n`)
    .join('');
}
