/**
 * @file Streams of random numbers, one for each element of a draw by rejection. Many are computed by vector loops in a small
 * WebAssembly memory of their own; where there is no WebAssembly, one by one, with the same bits.
 */
import { ModuleBuilder } from '../../backends/wasm/assembler/moduleBuilder.js';
import {
  FIRST,
  FURTHER,
  furtherLoop,
  KEYS,
  NUMBERS,
  startLoop,
  STREAMS,
} from '../../backends/wasm/operators/streamLoops.js';

/** The functions take keys and counters, low words first. */
interface Loops {
  readonly start: (k0: number, k1: number, low: number, high: number) => void;
  readonly further: (k0: number, k1: number, count: number) => void;
  readonly keys: Int32Array;
  readonly numbers: Float64Array;
  readonly next: Float64Array;
}

/** Null before they are needed; false where there is no WebAssembly. */
let made: Loops | null | false = null;

function loops(): Loops | false {
  try {
    made ??= makeLoops();
  } catch {
    // A page may forbid compiling code at run time.
    made = false;
  }
  return made;
}

function makeLoops(): Loops {
  const module = new ModuleBuilder(false, { splitStores: true });
  module.export('start', startLoop(module));
  module.export('further', furtherLoop(module));
  const memory = new WebAssembly.Memory({ initial: 1 });
  const compiled = new WebAssembly.Module(module.finish());
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  const { buffer } = memory;
  return {
    ...(exports as unknown as Pick<Loops, 'start' | 'further'>),
    keys: new Int32Array(buffer, KEYS, 2 * STREAMS),
    numbers: new Float64Array(buffer, NUMBERS, FIRST * STREAMS),
    next: new Float64Array(buffer, FURTHER, 4),
  };
}

/** The random bits of a counter under a key. */
type Generator = (k0: number, k1: number, low: number, high: number) => Uint32Array;

/**
 * Calls `f` for each of `count` elements with a stream of numbers in (0, 1), 52 bits each. Element i has the key that a counter
 * gives, `first + i % streams` under the key given here.
 */
export function eachStream(
  plain: Generator,
  [k0, k1]: readonly [number, number],
  first: number,
  streams: number,
  count: number,
  f: (i: number, next: () => number) => void,
): void {
  const vectors = count < STREAMS ? false : loops();
  if (vectors === false) return oneByOne(plain, k0, k1, first, streams, count, f);
  const { keys, numbers, next: further } = vectors;
  let [at, drawn] = [0, 0];
  const next = (): number => {
    const k = drawn++;
    if (k < FIRST) return numbers[k * STREAMS + at]!;
    if (k % 4 === 0) vectors.further(keys[at]!, keys[STREAMS + at]!, k);
    return further[k % 4]!;
  };
  for (let i = 0, stream = 0, left = 0; i < count; i++, stream++, at++, left--) {
    if (stream === streams) stream = left = 0;
    if (left === 0) {
      const counter = first + stream;
      vectors.start(k0, k1, counter | 0, Math.floor(counter / 2 ** 32) | 0);
      [at, left] = [0, STREAMS];
    }
    drawn = 0;
    f(i, next);
  }
}

function oneByOne(
  plain: Generator,
  k0: number,
  k1: number,
  first: number,
  streams: number,
  count: number,
  f: (i: number, next: () => number) => void,
): void {
  let [own0, own1, drawn] = [0, 0, 0];
  const next = (): number => {
    const words = plain(own0, own1, drawn++, 0);
    return ((words[0]! >>> 5) * 2 ** 25 + (words[1]! >>> 7) + 0.5) / 2 ** 52;
  };
  for (let i = 0; i < count; i++) {
    const counter = first + (i % streams);
    const words = plain(k0, k1, counter | 0, Math.floor(counter / 2 ** 32) | 0);
    [own0, own1, drawn] = [words[0]! | 0, words[1]! | 0, 0];
    f(i, next);
  }
}
