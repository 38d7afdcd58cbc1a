/** @file The launcher as a program. */
import { runLocal } from '@chainrule/distributed/launch';

process.exitCode = await runLocal(process.argv.slice(2));
