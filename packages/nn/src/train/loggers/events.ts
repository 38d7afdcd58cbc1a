/** @file The events that TensorBoard shows, as the messages of its event files. */
import { ChainruleError, ShapeError, type Graph, type Tensor } from '@chainrule/autograd';
import { encodePng } from './png.js';
import { Message } from './wire.js';

/** The first event of a file. */
export function versionEvent(time: number): Uint8Array {
  return new Message().double(1, time).text(3, 'brain.Event:2').finish();
}

/** A run starts at this step: TensorBoard drops what an earlier file has from it on. */
export function startEvent(time: number, step: number): Uint8Array {
  return new Message().double(1, time).int(2, step).message(7, new Message().int(1, 1)).finish();
}

/** An event that holds one value of a summary. */
function summaryEvent(time: number, step: number, value: Message): Uint8Array {
  const summary = new Message().message(1, value);
  return new Message().double(1, time).int(2, step).message(5, summary).finish();
}

export function scalarEvent(time: number, step: number, tag: string, value: number): Uint8Array {
  return summaryEvent(time, step, new Message().text(1, tag).float(2, value));
}

/** How many bins a histogram has. */
const BINS = 30;

/** Counts of values in bins of equal width. @throws {ChainruleError} if one of them is not finite. */
export function histogramEvent(
  time: number,
  step: number,
  tag: string,
  values: ArrayLike<number>,
): Uint8Array {
  let [min, max, sum, squares] = [Infinity, -Infinity, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const x = values[i] as number;
    if (!Number.isFinite(x))
      throw new ChainruleError(
        `histogram: value ${i} of '${tag}' is ${x}; histograms take finite numbers`,
      );
    min = Math.min(min, x);
    max = Math.max(max, x);
    sum += x;
    squares += x * x;
  }
  if (values.length === 0) [min, max] = [0, 0];
  // If all values are equal there is one bin, as TensorBoard requires increasing limits.
  const bins = max > min ? BINS : 1;
  const width = (max - min) / bins || 1;
  const limits = Array.from({ length: bins }, (_, b) =>
    b === bins - 1 ? max : min + (b + 1) * width,
  );
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; i++) {
    const b = Math.min(bins - 1, Math.floor(((values[i] as number) - min) / width));
    counts[b] = (counts[b] as number) + 1;
  }
  const histogram = new Message()
    .doubleOrNone(1, min)
    .doubleOrNone(2, max)
    .doubleOrNone(3, values.length)
    .doubleOrNone(4, sum)
    .doubleOrNone(5, squares)
    .doubles(6, limits)
    .doubles(7, counts);
  return summaryEvent(time, step, new Message().text(1, tag).message(5, histogram));
}

/** An image `[channels, height, width]` or `[height, width]`, of numbers from 0 to 1. */
export function imageEvent(time: number, step: number, tag: string, image: Tensor): Uint8Array {
  const [channels, height, width] = image.ndim === 2 ? [1, ...image.shape] : image.shape;
  if (image.ndim > 3 || width === undefined || ![1, 2, 3, 4].includes(channels as number)) {
    throw new ShapeError(
      `image: '${tag}' must be [channels, height, width] with 1 to 4 channels, or [height, width], got [${image.shape.join(', ')}]`,
    );
  }
  const [c, h] = [channels as number, height as number];
  const data = image.dataSync();
  const pixels = new Uint8Array(c * h * width);
  for (let k = 0; k < c; k++)
    for (let i = 0; i < h * width; i++) {
      const x = data[k * h * width + i] as number;
      pixels[i * c + k] = Math.round(255 * Math.min(1, Math.max(0, x)));
    }
  const encoded = encodePng(pixels, width, h, c);
  const message = new Message().int(1, h).int(2, width).int(3, c).bytes(4, encoded);
  return summaryEvent(time, step, new Message().text(1, tag).message(4, message));
}

/** A node of a graph that TensorBoard draws; `/` in its name makes boxes. */
export interface GraphNodeLike {
  /** What the node is called. */
  readonly name: string;
  /** The operation. */
  readonly op: string;
  /** The names of the nodes it reads. */
  readonly inputs: readonly string[];
}

/** The nodes of a graph with unique names; the modules that contain them are the boxes. */
export function namedNodes({ nodes, edges }: Pick<Graph, 'nodes' | 'edges'>): GraphNodeLike[] {
  const names = new Map(
    nodes.map(({ id, scope, label }) => {
      const boxes = scope === '' ? [] : scope.split('.');
      const parts = [...boxes, `${label}_${id}`];
      // TensorBoard drops nodes whose names have other characters.
      return [id, parts.map((part) => part.replace(/[^\w.-]+/g, '_')).join('/')];
    }),
  );
  const inputs = new Map<number, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { from, to } of edges) inputs.get(to)?.push(names.get(from) ?? '');
  return nodes.map(({ id, kind, label }) => ({
    name: names.get(id) ?? '',
    op: kind === 'operation' ? (label.split(' ')[0] ?? label) : kind,
    inputs: inputs.get(id) ?? [],
  }));
}

export function graphEvent(time: number, nodes: readonly GraphNodeLike[]): Uint8Array {
  const definition = new Message();
  for (const { name, op, inputs } of nodes) {
    const node = new Message().text(1, name).text(2, op);
    for (const input of inputs) node.text(3, input);
    definition.message(1, node);
  }
  return new Message().double(1, time).bytes(4, definition.finish()).finish();
}
