/**
 * @file What every library runs: the same network, from the same weights, on the same images in the same order, with the
 * same optimizer; so losses must agree, and only times differ.
 */
export const SIZES = [784, 256, 128, 10] as const;
export const BATCH = 64;
export const RATE = 1e-3;
/** Steps whose last loss is compared, and which are not timed: what is compiled or allocated at first is over by then. */
export const FIRST = 20;
/** A training loop looks at the loss now and then; so does the clock. */
const BETWEEN_LOOKS = 10;

export interface Task {
  /** Weights `[out, in]` of each layer; biases begin at 0. */
  readonly weights: readonly Float32Array[];
  /** `[n, 784]`, from 0 to 1. */
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

/** A library at the start: `step` does step `i`, and gives a way to read its loss. */
export interface Runner {
  readonly step: (i: number) => () => Promise<number> | number;
}

export interface Result {
  /** Milliseconds of a step. */
  readonly ms: number;
  /** The loss of the last of the first steps. */
  readonly loss: number;
}

export type Message = { readonly result: Result } | { readonly failure: string };

export function makeTask(bytes: Uint8Array): Task {
  const n = 10_000;
  let state = 12345;
  const draw = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  const weights = SIZES.slice(1).map((out, l) => {
    const inputs = SIZES[l] as number;
    const bound = Math.sqrt(3 / inputs);
    return Float32Array.from({ length: out * inputs }, () => (draw() * 2 - 1) * bound);
  });
  return {
    weights,
    images: Float32Array.from(bytes.subarray(0, n * 784), (x) => x / 255),
    labels: Int32Array.from(bytes.subarray((n + 1000) * 784, (n + 1000) * 784 + n)),
  };
}

/** The images and labels of step `i`. */
export function batchOf({ images, labels }: Task, i: number): [Float32Array, Int32Array] {
  const at = (i * BATCH) % (labels.length - BATCH);
  return [images.subarray(at * 784, (at + BATCH) * 784), labels.subarray(at, at + BATCH)];
}

async function time({ step }: Runner, seconds: number): Promise<Result> {
  let read = step(0);
  for (let i = 1; i < FIRST; i++) read = step(i);
  const loss = await read();
  const start = performance.now();
  let steps = 0;
  do {
    for (let k = 0; k < BETWEEN_LOOKS; k++) read = step(FIRST + steps++);
    await read();
  } while (performance.now() - start < seconds * 1000);
  return { ms: (performance.now() - start) / steps, loss };
}

/** What the worker of a library does: it waits for the task, and tells how long a step takes. */
export function serve(prepare: (task: Task) => Promise<Runner>): void {
  addEventListener('message', ({ data }: MessageEvent<{ task: Task; seconds: number }>) => {
    prepare(data.task)
      .then((runner) => time(runner, data.seconds))
      .then(
        (result) => postMessage({ result } satisfies Message),
        (error: unknown) =>
          postMessage({
            failure: error instanceof Error ? error.message : String(error),
          } satisfies Message),
      );
  });
}
