/** @file `@chainrule/distributed/launch`: starts a program as several ranks on this machine, as `mpirun` does. */
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { availableParallelism } from 'node:os';
import { kinds, readList } from '@chainrule/autograd';
import { launch } from './local/job.js';

const HELP = `Usage: chainrule run [-n RANKS] PROGRAM [ARGUMENTS]

Starts PROGRAM as several ranks on this machine, as mpirun does; nothing has to be installed. If one of them fails, all
are stopped, and the exit code is that of the first to fail.

  -n, -np RANKS   how many (default: the number of cores)
  --help          this text

A PROGRAM that ends in .js, .mjs, .cjs or .ts is run by Node.js with the options in NODE_OPTIONS.`;

/**
 * Runs the arguments of `chainrule run`: `['-n', '4', 'train.js', '--epochs', '3']`. Returns the exit code of the job: 0 if
 * every rank ended well, else that of the first that did not (128 plus its number for a signal).
 */
export async function runLocal(argv: readonly string[]): Promise<number> {
  const list = readList('runLocal', 'argv', argv, kinds.text);
  return runArguments(list);
}

async function runArguments(argv: readonly string[]): Promise<number> {
  let size = availableParallelism();
  let i = 0;
  for (; i < argv.length && argv[i]?.startsWith('-'); i++) {
    const option = argv[i] as string;
    if (option === '--') {
      i++;
      break;
    }
    if (option === '--help' || option === '-h') {
      console.log(HELP);
      return 0;
    }
    if (option !== '-n' && option !== '-np') return refuse(`unknown option ${option}`);
    const count = argv[++i];
    size = Number(count);
    if (!(Number.isInteger(size) && size >= 1 && size <= 256))
      return refuse(`${option}: expected a whole number from 1 to 256, got ${count ?? 'none'}`);
  }
  const command = argv.slice(i);
  if (command.length === 0) return refuse('there is no program to run');
  // A program that Node.js runs is given by its path.
  try {
    if (command[0]?.startsWith('file:') === true) command[0] = fileURLToPath(command[0]);
  } catch {
    return refuse(`${command[0] ?? ''} is not a file on this machine`);
  }
  const program = command[0] as string;
  const isScript = /\.[cm]?[jt]s$/.test(program);
  const found = existsSync(program);
  if (isScript && !found) return refuse(`there is no file ${program}`);
  if (found && statSync(program).isDirectory())
    return refuse(`${program} is a folder, not a program`);
  return launch(size, isScript ? [process.execPath, ...process.execArgv, ...command] : command);
}

function refuse(what: string): number {
  console.error(`chainrule run: ${what}\n\n${HELP}`);
  return 2;
}
