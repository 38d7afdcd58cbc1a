/** @file Replaces `node.ts` in pages: there no library can be loaded, and nobody can request checks. */
import type * as node from './node.js';
import { LateThreads } from './wasm/threads/lateThreads.js';

export const findBlas: typeof node.findBlas = () => 'only Node.js can load libraries';
export const blasSource: typeof node.blasSource = () => null;
export const packagePaths: typeof node.packagePaths = () => [];
export const findDriver: typeof node.findDriver = () => null;
export const findPrelude: typeof node.findPrelude = () => null;

export const openThreads: typeof node.openThreads = (memory, threads) =>
  new LateThreads(memory, threads);

/** Never called, as there is no library. */
const never = (): never => {
  throw new Error('there is no BLAS library');
};
export const gemmOver: typeof node.gemmOver = never;
export const blasLayouts: typeof node.blasLayouts = never;
export const callGemm: typeof node.callGemm = never;
export const planBlasMatmul: typeof node.planBlasMatmul = never;

export const verification: typeof node.verification = { on: false };
const nothing = (): void => undefined;
export const adviseAllNames: typeof node.adviseAllNames = nothing;
export const verifySameInterface: typeof node.verifySameInterface = nothing;
export const verifySchedule: typeof node.verifySchedule = nothing;
export const verifyArena: typeof node.verifyArena = nothing;
