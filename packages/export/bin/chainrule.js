#!/usr/bin/env node
/** @file `npx --no-install chainrule …` */
import { main } from '../dist/cli.js';

process.exitCode = await main(process.argv.slice(2));
