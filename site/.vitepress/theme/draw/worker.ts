/** @file Trains in a worker, so that the page stays alive, and reads what is drawn there. */
import { compile, manualSeed, noGrad, tensor, type Tensor } from '@chainrule/autograd';
import { decodeSafetensors, encodeSafetensors } from '@chainrule/autograd/io';
import { functional } from '@chainrule/nn';
import { Adam, OneCycleLR } from '@chainrule/optim';
import { DigitNet } from './net';

export type Ask =
  | { readonly type: 'train'; readonly url: string; readonly epochs: number }
  | { readonly type: 'stop' }
  | { readonly type: 'read'; readonly pixels: Float32Array }
  | { readonly type: 'save' }
  | { readonly type: 'load'; readonly bytes: Uint8Array };

export type Answer =
  | { readonly type: 'ready'; readonly images: number }
  | {
      readonly type: 'progress';
      readonly part: number;
      readonly loss: number;
      readonly seconds: number;
    }
  | {
      readonly type: 'trained';
      readonly accuracy: number;
      /** Of so many images. */
      readonly tested: number;
      readonly seconds: number;
    }
  | {
      readonly type: 'read';
      readonly scores: readonly number[];
      readonly maps: readonly (readonly Float32Array[])[];
    }
  | { readonly type: 'saved'; readonly bytes: Uint8Array }
  | { readonly type: 'loaded' }
  | { readonly type: 'failed'; readonly why: string };

/** One image in eleven, or one in seven of the full set, is kept for the test. */
const SETS = [
  { train: 10_000, test: 1_000 },
  { train: 60_000, test: 10_000 },
] as const;
type Set = (typeof SETS)[number];
const BATCH = 50;

const tell = (answer: Answer): void => postMessage(answer);

manualSeed(0);
const net = new DigitNet();
let stopped = false;

async function images(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok || response.body === null)
    throw new Error(`the images could not be fetched: ${response.status}`);
  const plain = response.body.pipeThrough(new DecompressionStream('gzip'));
  const bytes = new Uint8Array(await new Response(plain).arrayBuffer());
  // A server that says how the file is packed has had it unpacked already.
  return bytes;
}

/** Pixels from 0 to 1, moved by a pixel or two: more images than there are. */
function fill(
  to: Float32Array,
  at: number,
  from: Uint8Array,
  image: number,
  dx: number,
  dy: number,
): void {
  to.fill(0, at * 784, (at + 1) * 784);
  for (let y = Math.max(0, dy); y < Math.min(28, 28 + dy); y++)
    for (let x = Math.max(0, dx); x < Math.min(28, 28 + dx); x++)
      to[at * 784 + y * 28 + x] = (from[image * 784 + (y - dy) * 28 + x - dx] as number) / 255;
}

async function train(url: string, epochs: number): Promise<void> {
  const bytes = await images(url);
  const set = SETS.find((one) => bytes.length === (one.train + one.test) * 785);
  if (set === undefined) throw new Error(`the images are damaged: ${bytes.length} bytes`);
  const labels = bytes.subarray((set.train + set.test) * 784);
  tell({ type: 'ready', images: set.train });
  stopped = false;
  const start = performance.now();
  const steps = (set.train / BATCH) * epochs;
  const optimizer = new Adam(net.parameters(), { lr: 1e-3 });
  const schedule = new OneCycleLR(optimizer, { maxLr: 6e-3, totalSteps: steps });
  net.train();
  const step = compile((x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = functional.crossEntropy(net.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  });
  const order = Uint16Array.from({ length: set.train }, (_, i) => i);
  const pixels = new Float32Array(BATCH * 784);
  const targets = new Int32Array(BATCH);
  for (let done = 0; done < steps && !stopped; done++) {
    const within = done % (set.train / BATCH);
    if (within === 0)
      for (let i = set.train - 1; i > 0; i--) {
        const j = Math.floor(Math.random() * (i + 1));
        [order[i], order[j]] = [order[j] as number, order[i] as number];
      }
    for (let i = 0; i < BATCH; i++) {
      const image = order[within * BATCH + i] as number;
      const move = (): number => Math.floor(Math.random() * 3) - 1;
      fill(pixels, i, bytes, image, move(), move());
      targets[i] = labels[image] as number;
    }
    const loss = step(tensor(pixels, { shape: [BATCH, 1, 28, 28] }), tensor(targets));
    schedule.step();
    if (done % 10 === 9) {
      tell({
        type: 'progress',
        part: (done + 1) / steps,
        loss: loss.item(),
        seconds: (performance.now() - start) / 1000,
      });
      // Messages, a stop among them, come in between.
      await new Promise((resume) => setTimeout(resume));
    }
  }
  net.eval();
  tell({
    type: 'trained',
    accuracy: accuracy(bytes, labels, set),
    tested: set.test,
    seconds: (performance.now() - start) / 1000,
  });
}

function accuracy(bytes: Uint8Array, labels: Uint8Array, { train, test }: Set): number {
  const PART = 1_000;
  const pixels = new Float32Array(PART * 784);
  let right = 0;
  for (let from = train; from < train + test; from += PART) {
    for (let i = 0; i < PART; i++) fill(pixels, i, bytes, from + i, 0, 0);
    const found = noGrad(() =>
      net
        .forward(tensor(pixels, { shape: [PART, 1, 28, 28] }))
        .argmax(1)
        .dataSync(),
    );
    found.forEach((digit, i) => (right += digit === labels[from + i] ? 1 : 0));
  }
  return right / test;
}

function read(pixels: Float32Array): void {
  net.eval();
  noGrad(() => {
    const [first, second, scores] = net.layers(tensor(pixels, { shape: [1, 1, 28, 28] }));
    const maps = [first, second].map((layer) => {
      const [, channels = 0, h = 0, w = 0] = layer.shape;
      const data = layer.dataSync() as Float32Array;
      return Array.from({ length: channels }, (_, i) => data.slice(i * h * w, (i + 1) * h * w));
    });
    tell({ type: 'read', scores: Array.from(scores.softmax(1).dataSync()), maps });
  });
}

async function answer(ask: Ask): Promise<void> {
  if (ask.type === 'train') await train(ask.url, ask.epochs);
  else if (ask.type === 'stop') stopped = true;
  else if (ask.type === 'read') read(ask.pixels);
  else if (ask.type === 'save') tell({ type: 'saved', bytes: encodeSafetensors(net.stateDict()) });
  else {
    net.loadStateDict(decodeSafetensors(ask.bytes));
    net.eval();
    tell({ type: 'loaded' });
  }
}

addEventListener('message', ({ data }: MessageEvent<Ask>) => {
  answer(data).catch((error: unknown) => tell({ type: 'failed', why: String(error) }));
});
