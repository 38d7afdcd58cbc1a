/** @file A job as the operations of the graph see it: collectives on arrays, each preceded by an agreement of the ranks. */
import { ChainruleError, type TypedArray } from '@chainrule/autograd';
import { Agreement, type Intent } from './agreement.js';
import type { ReduceOp, Transport } from './transport.js';

export class Communicator {
  readonly transport: Transport;
  readonly agreement: Agreement;
  /** Its index among all communicators, by which nodes of the graph refer to it. */
  readonly id: number;
  /** The amount of data exchanged, and the time it took. */
  readonly usage: { collectives: number; bytes: number; waiting: number; exchanging: number } = {
    collectives: 0,
    bytes: 0,
    waiting: 0,
    exchanging: 0,
  };
  private readonly ordered: boolean;

  constructor(transport: Transport, options: { deterministic: boolean; timeout: number }) {
    this.transport = transport;
    this.ordered = options.deterministic;
    this.agreement = new Agreement(transport, options.timeout);
    this.id = communicators.push(this) - 1;
  }

  get rank(): number {
    return this.transport.rank;
  }

  get size(): number {
    return this.transport.size;
  }

  allReduce(data: TypedArray, op: ReduceOp, intent: Intent): void {
    this.exchange(intent, data, () => this.transport.allReduce(data, op, this.ordered));
  }

  allGather(data: TypedArray, out: TypedArray, intent: Intent): void {
    this.exchange(intent, data, () => this.transport.allGather(data, out));
  }

  broadcast(data: TypedArray, root: number, intent: Intent): void {
    this.exchange(intent, data, () => this.transport.broadcast(data, root));
  }

  private exchange(intent: Intent, data: TypedArray, f: () => void): void {
    const { usage } = this;
    const start = performance.now();
    this.agreement.meet(intent);
    const metAt = performance.now();
    if (data.length > 0) f();
    usage.collectives++;
    usage.bytes += data.byteLength;
    usage.waiting += metAt - start;
    usage.exchanging += performance.now() - metAt;
  }
}

/** Every communicator of this process; `id` is the index. */
const communicators: Communicator[] = [];

/** The communicator with the id that a node carries. */
export function communicatorOf(id: number): Communicator {
  const found = communicators[id];
  if (found === undefined) throw new ChainruleError('distributed: this job has been closed');
  return found;
}
