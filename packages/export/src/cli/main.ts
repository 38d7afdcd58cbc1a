/** @file `chainrule`: exports models, and starts local ranks, from the command line. */
import { VERSION } from '../version.js';
import { runExport } from './export.js';
import { UsageError } from './options.js';
import { userLocation } from './exportRequest.js';

const HELP = `Usage: chainrule COMMAND

  export    write a model as an ONNX file, a program for XLA or a module without the framework
  run       start a program as several ranks on this machine (needs @chainrule/distributed)

  --help    this text; after a command, the help for that command
  --version`;

/** The exports of `@chainrule/distributed/launch`. */
interface Launcher {
  runLocal(argv: readonly string[]): Promise<number>;
}

/** Runs the command given by the arguments after `chainrule`; returns the exit code: 0, 1 for an error, 2 for wrong usage. */
export async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  try {
    switch (command) {
      case 'export':
        return await runExport(rest);
      case 'run':
        return await (await launcher()).runLocal(rest);
      case '--version':
        console.log(VERSION);
        return 0;
      case '--help':
      case '-h':
        console.log(HELP);
        return 0;
      default:
        throw new UsageError(command === undefined ? 'no command' : `unknown command ${command}`);
    }
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const name = command === 'export' || command === 'run' ? `chainrule ${command}` : 'chainrule';
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    const place = isUsage ? null : userLocation(error);
    if (place !== null) console.error(`  at ${place}`);
    if (isUsage) console.error(`\n${name} --help shows the usage`);
    return isUsage ? 2 : 1;
  }
}

async function launcher(): Promise<Launcher> {
  const name = '@chainrule/distributed/launch';
  try {
    return (await import(name)) as Launcher;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Error('@chainrule/distributed is not installed: npm install @chainrule/distributed');
  }
}
