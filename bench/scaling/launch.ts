/** @file The launcher, from the sources. */
import { runLocal } from '@chainrule/distributed/launch';

// The rest of the arguments is a whole command.
process.execArgv.length = 0;
process.exitCode = await runLocal(process.argv.slice(2));
