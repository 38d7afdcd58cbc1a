/** @file How a rank leaves its job: after all others have come to the end too, or with a reason that they are told. */
import type { Communicator } from './communicator.js';
import { setCurrent } from './current.js';

/**
 * Ends the job of a communicator when the process ends: well, if all ranks do, else with what went wrong here. Gives the
 * function that ends it before.
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
    // MPI ends the process at once, before Node.js shows the error, and its launchers drop what they have not read by then:
    // they have a second for it, many times what they take on a machine with ten processes for each core.
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
      return stop('went on after the job had failed', 1);
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

/** The lines of an error's stack, without its message. */
function stackOf(error: unknown): string {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  return lines
    .filter((line) => /^\s+at /.test(line))
    .map((line) => `${line}\n`)
    .join('');
}
