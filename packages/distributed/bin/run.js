#!/usr/bin/env node
/** @file `node node_modules/@chainrule/distributed/bin/run.js -n 4 train.js`: what `chainrule run` does, without that package. */
import { runLocal } from '../dist/launch.js';

process.exitCode = await runLocal(process.argv.slice(2));
