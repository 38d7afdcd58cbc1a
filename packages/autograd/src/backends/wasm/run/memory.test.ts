/** @file The allocator: blocks never overlap, everything freed can be had again, refusal leaves the rest as it was. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeviceError } from '../../../errors.js';
import { WasmMemory } from './memory.js';

test('blocks are aligned and disjoint, keep their contents, and are reused', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('allocate' as const),
      size: fc.integer({ min: 0, max: 300_000 }),
    }),
    fc.record({ kind: fc.constant('release' as const), which: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, shared) => {
      const memory = new WasmMemory({ shared, limit: 64 * 2 ** 20 });
      const blocks: { address: number; size: number; mark: number }[] = [];
      const check = (block: (typeof blocks)[number]): void => {
        const bytes = memory.view('bool', block.address, block.size);
        expect([bytes[0] ?? block.mark, bytes[block.size - 1] ?? block.mark]).toEqual([
          block.mark,
          block.mark,
        ]);
      };
      steps.forEach((action, i) => {
        if (action.kind === 'allocate') {
          const address = memory.allocate(action.size);
          expect(address % 64).toBe(0);
          expect(address).toBeGreaterThan(0);
          for (const other of blocks) {
            expect(
              address + action.size <= other.address || other.address + other.size <= address,
            ).toBe(true);
          }
          memory.view('bool', address, action.size).fill(i + 1);
          blocks.push({ address, size: action.size, mark: i + 1 });
        } else if (blocks.length > 0) {
          const [block] = blocks.splice(action.which % blocks.length, 1);
          if (block !== undefined) {
            check(block);
            memory.release(block.address);
          }
        }
      });
      for (const block of blocks) {
        check(block);
        memory.release(block.address);
      }
      expect(memory.bytesUsed).toBe(0);
      // All free blocks have become one: the largest size there ever was fits without growing.
      const reserved = memory.bytesReserved;
      memory.release(memory.allocate(reserved - 64 - 512));
      expect(memory.bytesReserved).toBe(reserved);
    }),
    { numRuns: 60 },
  );
});

test('throws when memory cannot grow, names the size, and stays usable', () => {
  const memory = new WasmMemory({ limit: 2 ** 20 });
  const kept = memory.store('float32', [1, 2, 3]);
  expect(() => memory.allocate(5_000_000)).toThrow(DeviceError);
  expect(() => memory.allocate(5_000_000)).toThrow(/5000000 bytes.*limit is 1\.0 MiB/s);
  expect([...memory.view('float32', kept, 3)]).toEqual([1, 2, 3]);
  expect(memory.allocate(100_000)).toBeGreaterThan(kept);
});

test('throws on misuse, and names it', () => {
  const memory = new WasmMemory();
  const address = memory.allocate(10);
  memory.release(address);
  expect(() => memory.release(address)).toThrow(/no block is in use/);
  expect(() => memory.allocate(NaN)).toThrow(DeviceError);
});
