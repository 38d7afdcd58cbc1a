import { expect, test } from 'vitest';
import { ModuleBuilder } from './moduleBuilder.js';
import { V128 } from './opcodes.js';

/** A function that copies three vectors, the bytes of its module, and what it leaves in memory. */
function copies(splitStores: boolean, joins: boolean): { bytes: Uint8Array; copied: Uint8Array } {
  const module = new ModuleBuilder(false, { splitStores });
  const f = module.function(['i32', 'i32'], []);
  f.joins = joins;
  for (const at of [0, 16, 32, 56]) f.get(0).get(1).memory(V128.load, at).memory(V128.store, at);
  module.export('copy', f);
  const bytes = module.finish();
  const memory = new WebAssembly.Memory({ initial: 1 });
  const all = new Uint8Array(memory.buffer);
  for (let i = 0; i < 128; i++) all[256 + i] = i + 1;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  (exports['copy'] as (to: number, from: number) => void)(0, 256);
  return { bytes, copied: all.slice(0, 72) };
}

/** How many vector stores have an offset at an odd multiple of 16 bytes. */
function storesAtOddPlaces(bytes: Uint8Array): number {
  let count = 0;
  // The opcode 0xfd 0x0b, then alignment and offset.
  for (let i = 0; i + 3 < bytes.length; i++)
    if (bytes[i] === 0xfd && bytes[i + 1] === 0x0b && ((bytes[i + 3] as number) & 16) !== 0)
      count++;
  return count;
}

test('splitStores stores adjacent vectors from two addresses', () => {
  const [plain, apart, joined] = [copies(false, false), copies(true, false), copies(true, true)];
  expect([plain, apart, joined].map(({ bytes }) => storesAtOddPlaces(bytes))).toEqual([2, 0, 2]);
  for (const { copied } of [plain, apart, joined]) {
    expect([...copied.subarray(0, 48)]).toEqual(Array.from({ length: 48 }, (_, i) => i + 1));
    expect([...copied.subarray(56)]).toEqual(Array.from({ length: 16 }, (_, i) => i + 57));
  }
});
