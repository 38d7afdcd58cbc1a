/**
 * @file Vectorized loops over matrices of doubles in a small WebAssembly memory of their own, and an allocator for it. If
 * there is no room in it, or no WebAssembly, plain arrays and plain loops compute the same bits.
 */
import { ModuleBuilder } from '../../backends/wasm/assembler/moduleBuilder.js';
import {
  eliminateLoop,
  reflectLoop,
  rootLoop,
  substituteLoop,
} from '../../backends/wasm/operators/dense/eliminationLoops.js';
import { COPY_BYTES, productLoop } from '../../backends/wasm/operators/dense/productLoops.js';
import {
  dotLoop,
  turnLoop,
  turnUpwardsLoop,
} from '../../backends/wasm/operators/dense/rowLoops.js';

export { MAX_COLUMNS, MAX_INNER } from '../../backends/wasm/operators/dense/productLoops.js';

type Product = (
  ...numbers: [
    c: number, cStep: number, a: number, aStep: number, b: number, bStep: number,
    rows: number, inner: number, columns: number,
  ]
) => void; // prettier-ignore

/** The functions take addresses, steps in bytes, and sizes. */
export interface DoubleLoops {
  readonly add: Product;
  readonly subtract: Product;
  readonly dot: (x: number, y: number, count: number) => number;
  readonly turnUpwards: (
    last: number,
    step: number,
    columns: number,
    angles: number,
    count: number,
  ) => void;
  readonly eliminate: (
    row: number,
    step: number,
    rows: number,
    pivot: number,
    end: number,
  ) => number;
  readonly root: (pivot: number, step: number, right: number, rows: number) => void;
  readonly substitute: (
    ...numbers: [
      a: number, aStep: number, x: number, xStep: number, rows: number, columns: number,
      upper: 0 | 1, unit: 0 | 1,
    ]
  ) => void; // prettier-ignore
  readonly reflect: (
    block: number,
    step: number,
    vector: number,
    rows: number,
    columns: number,
    beta: number,
  ) => void;
  readonly turn: (x: number, y: number, count: number, cos: number, sin: number) => void;
}

const PAGE = 65536;
/** A memory that grew beyond this is not kept. */
const MAX_RETAINED_BYTES = 2 ** 26;
/** Arrays are aligned to cache lines. */
const LINE = 64;

class LoopMemory {
  readonly loops: DoubleLoops;
  readonly memory: WebAssembly.Memory;
  buffer: ArrayBuffer;
  free = COPY_BYTES;

  constructor() {
    const module = new ModuleBuilder(false, { splitStores: true });
    module.export('add', productLoop(module, 1));
    module.export('subtract', productLoop(module, -1));
    module.export('dot', dotLoop(module));
    module.export('turn', turnLoop(module));
    module.export('eliminate', eliminateLoop(module));
    module.export('root', rootLoop(module));
    module.export('substitute', substituteLoop(module));
    module.export('reflect', reflectLoop(module));
    module.export('turnUpwards', turnUpwardsLoop(module));
    this.memory = new WebAssembly.Memory({ initial: COPY_BYTES / PAGE });
    const compiled = new WebAssembly.Module(module.finish());
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory: this.memory } });
    this.loops = exports as unknown as DoubleLoops;
    this.buffer = this.memory.buffer;
  }
}

/** Null before it is needed; false where there is no WebAssembly. */
let loopMemory: LoopMemory | null | false = null;
let users = 0;

/** Runs `body` with room for this many doubles, which `zeros` hands out; the arrays are invalid after `body` returns. */
export function withLoopMemory<T>(doubles: number, body: () => T): T {
  if (users === 0) prepare(doubles * 8);
  const before = loopMemory ? loopMemory.free : 0;
  users++;
  try {
    return body();
  } finally {
    users--;
    if (loopMemory) {
      loopMemory.free = before;
      if (users === 0 && loopMemory.buffer.byteLength > MAX_RETAINED_BYTES) loopMemory = null;
    }
  }
}

/** Within `withLoopMemory`: returns a function that frees what is handed out from now on. */
export function markMemory(): () => void {
  const here = users > 0 && loopMemory ? loopMemory : null;
  const before = here === null ? 0 : here.free;
  return () => {
    if (here !== null) here.free = before;
  };
}

function prepare(bytes: number): void {
  if (loopMemory === false) return;
  try {
    loopMemory ??= new LoopMemory();
  } catch {
    // A page may forbid compiling code at run time.
    loopMemory = false;
    return;
  }
  const missing = loopMemory.free + bytes - loopMemory.buffer.byteLength;
  if (missing <= 0) return;
  try {
    loopMemory.memory.grow(Math.ceil(missing / PAGE));
  } catch {
    // Plain arrays are used instead.
  }
  loopMemory.buffer = loopMemory.memory.buffer;
}

/** Zeros: within `withLoopMemory` in the memory of the loops as long as there is room, otherwise in a plain array. */
export function zeros(count: number): Float64Array {
  if (users === 0 || !loopMemory) return new Float64Array(count);
  const end = loopMemory.free + Math.ceil((count * 8) / LINE) * LINE;
  if (end > loopMemory.buffer.byteLength) return new Float64Array(count);
  const array = new Float64Array(loopMemory.buffer, loopMemory.free, count);
  loopMemory.free = end;
  return array.fill(0);
}

/** The loops, if all of these arrays are in their memory; else null. */
export function loopsOver(x: Float64Array, y: Float64Array, z: Float64Array): DoubleLoops | null {
  if (users === 0 || !loopMemory) return null;
  const { buffer } = loopMemory;
  return x.buffer === buffer && y.buffer === buffer && z.buffer === buffer
    ? loopMemory.loops
    : null;
}
