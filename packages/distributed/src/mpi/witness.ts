/**
 * @file Names a rank that was killed, where MPI's launcher names none: MPICH's shows the process of another rank, and ends
 * all ranks before one of them could notice. So a shell beside each rank waits for the end of that rank.
 */
import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Reads until the rank's end closes the pipe. Only the first rank that ends finds all others still running. The launcher ends
 * those, and each of them finds that one missing, or in the state Z: ended, but not collected yet.
 */
const SCRIPT = `read -r _
for other in "$@"; do
  read -r _ _ state _ < "/proc/$other/stat" || exit
  case $state in [ZX]) exit ;; esac
done 2>/dev/null
echo "chainrule: rank $0 was killed, or crashed" >&2`;

/** Begins to wait, with the process numbers of all other ranks, which run on this machine. Returns the shell; null outside Linux. */
export function witness(rank: number, others: readonly number[]): ChildProcess | null {
  if (process.platform !== 'linux') return null;
  try {
    const args = ['-c', SCRIPT, String(rank), ...others.map(String)];
    // In a session of its own, which the launcher does not end.
    const shell = spawn('sh', args, { detached: true, stdio: ['pipe', 'ignore', 'inherit'] });
    shell.on('error', () => undefined);
    shell.unref();
    (shell.stdin as { unref?: () => void } | null)?.unref?.();
    return shell;
  } catch {
    // A message less.
    return null;
  }
}
