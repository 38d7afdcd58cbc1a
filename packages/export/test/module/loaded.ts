/** @file Loads exported modules from files of their own, for tests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TypedArray } from '@chainrule/autograd';
import { afterAll } from 'vitest';
import type { ExportedModule } from '../../src/index.js';

export interface Result {
  readonly data: TypedArray;
  readonly shape: number[];
}

/** A module; `Results` is what its `predict` gives. */
export interface Loaded<Results = Result> {
  readonly version: string;
  readonly predict: (...args: ArrayLike<number>[]) => Results;
  readonly train: (...args: ArrayLike<number>[]) => number;
  readonly state: () => Record<string, TypedArray>;
  readonly load: (from: unknown) => void;
  readonly start: (module: unknown) => void;
}

const folder = mkdtempSync(join(tmpdir(), 'chainrule-module-'));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

export async function loaded<Results = Result>({ js }: ExportedModule): Promise<Loaded<Results>> {
  const path = join(folder, `module${count++}.mjs`);
  writeFileSync(path, js);
  return (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Loaded<Results>;
}
