/**
 * @file Checks that all ranks agree before they exchange data. Each collective begins with a meeting: every rank contributes
 * a few numbers, and all ranks get the minimum of each. A number is sent together with its complement, so the minima also
 * show the maximum; if they differ, the ranks disagree. Then they exchange texts, and every rank throws the same error, which
 * says which ranks differ in what.
 */
import { ChainruleError } from '@chainrule/autograd';
import type { Transport } from './transport.js';

/** What a rank is about to do. */
export interface Intent {
  /** The name of the collective, with everything that must be equal: `allReduce sum float32 [1024]`; may have several lines. */
  readonly what: string;
  /** If the rank's data is not finite, a function that says what and where; null if all is well. */
  readonly notFinite?: (() => string) | null;
  /** A hash that must be equal on all ranks, and the name of the hashed data. */
  readonly hash?: { readonly value: number; readonly of: string } | null;
}

export class Agreement {
  /** The number of collectives so far. */
  collectives = 0;
  /** The error that ended the job, if there was one. */
  private failure: ChainruleError | null = null;
  private readonly transport: Transport;
  private readonly seconds: number;

  constructor(transport: Transport, seconds: number) {
    this.transport = transport;
    this.seconds = seconds;
  }

  /** Whether the job has failed. */
  get failed(): boolean {
    return this.failure !== null;
  }

  /**
   * Waits until all ranks have arrived with the same intent.
   * @throws {ChainruleError} on all ranks, naming the ranks that differ and what they intend.
   */
  meet(intent: Intent): void {
    if (this.failure !== null) {
      throw new ChainruleError(`distributed: the job has already failed: ${this.failure.message}`, {
        cause: this.failure,
      });
    }
    const { transport } = this;
    if (transport.size === 1) return;
    const number = ++this.collectives;
    const what = hashOf(intent.what);
    const ownHash = intent.hash?.value ?? 0;
    const bad = intent.notFinite == null ? 0 : -1;
    // For the least int32 −x overflows, ~x does not.
    const words = Int32Array.of(number, ~number, what, ~what, ownHash, ~ownHash, bad);
    try {
      const minimum = transport.meet(words, this.seconds);
      const equal = (i: number): boolean => minimum[i] === ~(minimum[i + 1] as number);
      if (!equal(0) || !equal(2)) throw disagreement(this.texts(`#${number} ${intent.what}`));
      if (minimum[6] !== 0) throw notFinite(intent.what, this.texts(intent.notFinite?.() ?? ''));
      if (!equal(4)) throw drifted(intent.hash?.of ?? '', this.texts(String(ownHash)));
    } catch (error) {
      if (error instanceof ChainruleError) this.failure = error;
      throw error;
    }
  }

  /** Exchanges the texts of all ranks. Called only where every rank knows that all others call it too. */
  private texts(own: string): string[] {
    const bytes = new TextEncoder().encode(own);
    const { transport } = this;
    const lengths = new Int32Array(transport.size);
    transport.allGather(Int32Array.of(bytes.length), lengths);
    const width = Math.max(1, ...lengths);
    const [sent, all] = [new Uint8Array(width), new Uint8Array(width * transport.size)];
    sent.set(bytes);
    transport.allGather(sent, all);
    const decoder = new TextDecoder();
    return Array.from(lengths, (n, r) => decoder.decode(all.subarray(r * width, r * width + n)));
  }
}

/** `1`, `1 and 2`, `0, 1 and 2`. */
function listed(ranks: readonly number[]): string {
  const [last] = ranks.slice(-1);
  const word = ranks.length === 1 ? 'rank' : 'ranks';
  return ranks.length < 2
    ? `${word} ${String(last)}`
    : `${word} ${ranks.slice(0, -1).join(', ')} and ${String(last)}`;
}

/** The ranks with each text, largest group first. */
function groupsOf(texts: readonly string[]): [text: string, ranks: number[]][] {
  const groups = new Map<string, number[]>();
  texts.forEach((text, r) => groups.set(text, [...(groups.get(text) ?? []), r]));
  // Of equally large groups, rank 0's comes first: the others are compared with it.
  return [...groups].sort(([, a], [, b]) => b.length - a.length || (a[0] ?? 0) - (b[0] ?? 0));
}

function disagreement(texts: readonly string[]): ChainruleError {
  const [most, ...others] = groupsOf(texts);
  const [text, ranks] = most as [string, number[]];
  const lines = others.map(([other, otherRanks]) => {
    const [a, b] = firstDifference(text, other);
    return `${listed(otherRanks)}: ${b}; ${listed(ranks)}: ${a}`;
  });
  const ended = texts.some((t) => / close$/.test(t));
  return new ChainruleError(
    `distributed: the ranks do different things: ${lines.join('; ')}. All must call the same operations with the same ` +
      `shapes, in the same order${ended ? ': did one have less data?' : ''}`,
  );
}

/** The lines that differ come first; the number of the collective stays. */
function firstDifference(a: string, b: string): [string, string] {
  const [x, y] = [a.split('\n'), b.split('\n')];
  if (x[0] !== y[0]) return [x[0] as string, y[0] as string];
  const i = x.findIndex((line, k) => line !== y[k]);
  const at = i < 0 ? x.length : i;
  return [`${x[0]}: ${x[at] ?? 'nothing more'}`, `${y[0]}: ${y[at] ?? 'nothing more'}`];
}

function notFinite(what: string, texts: readonly string[]): ChainruleError {
  const found = texts.flatMap((text, r) => (text === '' ? [] : [`${text} on rank ${r}`]));
  return new ChainruleError(
    `distributed: ${what.split('\n')[0]}: ${found.join(', ')}; no rank has changed a parameter. ` +
      "{ onNonFinite: 'ignore' } leaves this to the optimizer",
  );
}

function drifted(of: string, texts: readonly string[]): ChainruleError {
  const [, ...others] = groupsOf(texts);
  const ranks = others.flatMap(([, otherRanks]) => otherRanks).sort((x, y) => x - y);
  const most = groupsOf(texts)[0]?.[1] ?? [];
  return new ChainruleError(
    `distributed: ${of} differ: on ${listed(ranks)} from those on ${listed(most)}; start with world.broadcast(model), ` +
      'load the same checkpoint on all ranks, and change parameters in the same way on all of them',
  );
}

/** The FNV-1a hash of a text. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash;
}

/** Hashes bits four bytes at a time, starting from `hash`. */
export function hashBits(data: ArrayBufferView, hash = 0x811c9dc5 | 0): number {
  const words = new Int32Array(data.buffer, data.byteOffset, data.byteLength >>> 2);
  let h = hash;
  for (let i = 0; i < words.length; i++) h = Math.imul(h ^ (words[i] as number), 16777619);
  const rest = new Uint8Array(data.buffer, data.byteOffset + 4 * words.length, data.byteLength & 3);
  for (const byte of rest) h = Math.imul(h ^ byte, 16777619);
  return h;
}
