/**
 * @file Preloaded by ts-node (see "ts-node" in tsconfig.base.json): makes plain
 * `npx ts-node FILE.ts` run native ES modules (top-level await, import.meta) on Node 20, where
 * `ts-node --esm` is broken.
 */
const { register } = require('node:module');
const { pathToFileURL } = require('node:url');
const { isMainThread } = require('node:worker_threads');

if (isMainThread) {
  register('./ts-node-hooks.mjs', pathToFileURL(__filename));
  // Stack traces use node's source-map support; ts-node's own cannot see what the hooks thread compiled.
  Error.prepareStackTrace = undefined;
  process.setSourceMapsEnabled(true);
}
