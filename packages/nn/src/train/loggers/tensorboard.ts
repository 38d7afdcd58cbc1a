/** @file Event files for TensorBoard. */
import type * as fsModule from 'node:fs';
import {
  ChainruleError,
  checkArgument,
  kinds,
  type Graph,
  type Kind,
  type Tensor,
  defineOptions,
  printable,
} from '@chainrule/autograd';
import type { CallbackObject, FitEvent } from '../events.js';
import { figureReader } from './figures.js';
import { nodeModules } from './nodeModules.js';
import {
  graphEvent,
  namedNodes,
  histogramEvent,
  imageEvent,
  scalarEvent,
  startEvent,
  versionEvent,
  type GraphNodeLike,
} from './events.js';
import { record } from './records.js';

/** The parts of the file system that are used. */
type Fs = Pick<typeof fsModule, 'openSync' | 'writeSync' | 'closeSync'>;

const fileSystem: Kind<Fs> = kinds.kind(
  "be Node's; call await SummaryWriter.open('runs/first') instead of new",
  (x) => typeof (x as Partial<Fs> | null)?.openSync === 'function',
);

const drawable: Kind<Graph | readonly GraphNodeLike[]> = kinds.kind(
  'be a result of graph(t), or an array of nodes { name, op, inputs }',
  (x) =>
    Array.isArray(x)
      ? x.every((node) => Array.isArray((node as Partial<GraphNodeLike> | null)?.inputs))
      : Array.isArray((x as Partial<Graph> | null)?.nodes),
);

/**
 * Writes what TensorBoard shows into a folder: `tensorboard --logdir runs`. PyTorch: `SummaryWriter`.
 *
 * Each call writes its record at once; an interruption loses nothing that was written. Node only.
 * @throws {ChainruleError} if the folder cannot be written.
 * @example
 * const writer = await SummaryWriter.open('runs/first');
 * writer.scalar('loss', loss.item(), step);
 * writer.histogram('weights', model.weight, step);
 * writer.close();
 */
export class SummaryWriter {
  /** The file that is written. */
  readonly path: string;
  private readonly fs: Fs;
  private file: number | null;

  private constructor(fs: Fs, path: string) {
    // `private` does not stop JavaScript callers.
    checkArgument('SummaryWriter', 'file system', fs, fileSystem);
    this.fs = fs;
    this.path = path;
    this.file = fs.openSync(path, 'a');
    this.write(versionEvent(now()));
  }

  /** Opens a file of events in a folder. */
  static async open(folder: string): Promise<SummaryWriter> {
    checkArgument('SummaryWriter.open', 'folder', folder, kinds.text);
    const { fs, os, path } = nodeModules(
      'SummaryWriter.open',
      'in a page give jsonlLogger a function',
    );
    try {
      await fs.promises.mkdir(folder, { recursive: true });
      const name = `events.out.tfevents.${Math.floor(now())}.${os.hostname()}.${process.pid}`;
      return new SummaryWriter(fs, path.join(folder, name));
    } catch (cause) {
      throw refused(`cannot write into ${folder}`, cause);
    }
  }

  /**
   * A run that was interrupted goes on from this step: TensorBoard drops the values that the folder's earlier files have at it
   * and later. PyTorch: `purge_step`.
   */
  resume(step: number): void {
    this.write(startEvent(now(), step));
  }

  /** One number. */
  scalar(tag: string, value: number, step: number): void {
    this.write(scalarEvent(now(), step, tag, value));
  }

  /** How the elements of a tensor are spread. @throws {ChainruleError} if one is not finite. */
  histogram(tag: string, values: Tensor, step: number): void {
    this.write(histogramEvent(now(), step, tag, values.dataSync()));
  }

  /** An image `[channels, height, width]` or `[height, width]`, of numbers from 0 to 1. */
  image(tag: string, image: Tensor, step: number): void {
    this.write(imageEvent(now(), step, tag, image));
  }

  /**
   * The computation of a tensor, as `graph` returns it, with modules as boxes; or nodes of your own, each with its operation
   * and the names of its inputs. PyTorch: `add_graph`, which takes the model instead.
   *
   * @example writer.graph(graph(model.forward(x)))
   */
  graph(drawn: Graph | readonly GraphNodeLike[]): void {
    checkArgument('SummaryWriter.graph', 'graph', drawn, drawable);
    this.write(graphEvent(now(), 'nodes' in drawn ? namedNodes(drawn) : drawn));
  }

  /** Closes the file. Later writes are errors. */
  close(): void {
    if (this.file !== null) this.fs.closeSync(this.file);
    this.file = null;
  }

  private write(event: Uint8Array): void {
    if (this.file === null) throw new ChainruleError('SummaryWriter: it has been closed');
    try {
      this.fs.writeSync(this.file, record(event));
    } catch (cause) {
      throw refused(`cannot write ${this.path}`, cause);
    }
  }
}

/** The most characters of the system's message about a path. */
const MAX_REASON = 500;

const refused = (what: string, cause: unknown): ChainruleError => {
  const [whole, reason] = [what, (cause as Error).message].map((text) =>
    printable(text.length > MAX_REASON ? `${text.slice(0, MAX_REASON)}…` : text),
  );
  return new ChainruleError(`SummaryWriter: ${whole}: ${reason}`, { cause });
};

/** Seconds since 1970. */
const now = (): number => Date.now() / 1000;

/** Options of `tensorboardLogger`. */
export interface TensorboardOptions {
  /** After how many updates the loss and the rates are written. Default 1. */
  readonly every?: number;
  /** Whether the spread of each parameter is written after every epoch. */
  readonly histograms?: boolean;
}

const readOptions = defineOptions<TensorboardOptions>({
  every: kinds.count,
  histograms: kinds.flag,
});

/**
 * Logs a training run for TensorBoard: the loss and the learning rates of each update, the figures of each epoch (a metric for
 * each class has a curve for each). A callback for `fit`. A resumed run goes on in a new file, and TensorBoard drops what
 * the earlier ones have beyond the checkpoint.
 * @example fit(model, { data, loss, optimizer, callbacks: [tensorboardLogger('runs/first')] })
 */
export function tensorboardLogger(folder: string, options?: TensorboardOptions): CallbackObject {
  checkArgument('tensorboardLogger', 'folder', folder, kinds.text);
  const { every = 1, histograms = false } = readOptions('tensorboardLogger', options);
  let writer: SummaryWriter | null = null;
  const read = figureReader('validate/', 'train/');
  return {
    async on(event: FitEvent, { model }) {
      writer ??= await SummaryWriter.open(folder);
      const figures = read(event);
      if (event.type === 'start' && event.from.step > 0) writer.resume(event.from.step + 1);
      if (event.type === 'batch' && event.step % every === 0) {
        writer.scalar('train/loss', event.loss, event.step);
        event.lr.forEach((lr, i) => writer?.scalar(`train/lr${i === 0 ? '' : i}`, lr, event.step));
      } else if (event.type === 'epoch') {
        for (const [name, value] of figures) writer.scalar(name, value, event.step);
        if (histograms)
          for (const [name, parameter] of model.namedParameters())
            writer.histogram(name, parameter, event.step);
      } else if (event.type === 'end') {
        writer.close();
        writer = null;
      }
    },
  };
}
