/** @file The short-time Fourier transform, of overlapping windows of a signal, and its inverse. */
import { defineOptions } from '../../arguments/index.js';
import * as kinds from '../../arguments/kinds.js';
import { ChainruleError, ShapeError } from '../../errors.js';
import { hostValue } from '../../graph/values/hostValue.js';
import { checkInteger, range, show } from '../../graph/shape.js';
import { makeLeaf, type Tensor } from '../../graph/tensor.js';
import { reshapeNode } from '../build/broadcast.js';
import { composite, operand, type Operand } from '../build/define.js';
import { castNode } from '../build/element.js';
import { div, mul } from '../build/fieldOperations.js';
import { filled } from '../build/primitive.js';
import { indexAddOf, takeOf } from '../indexing/take.js';
import { concatNode, moveDim, narrowNode, padNode } from '../shape/movement.js';
import { pad } from '../shape/padding.js';
import { fft, irfft, rfft } from './fft.js';
import { complexOperand, isComplex, resized, type Complex } from './complex.js';

interface FrameOptions {
  /** The distance between windows. Default `⌊nFft / 4⌋`. */
  readonly hopLength?: number | null;
  /** The length of the window, which is padded with zeros to `nFft`. Default `nFft`. */
  readonly winLength?: number | null;
  /** A vector of `winLength` factors. Default: ones. */
  readonly window?: Tensor | null;
  /** Whether window t is centred at `t · hopLength` rather than starting there. Default true. */
  readonly center?: boolean;
  /** Whether results are multiplied by `1/√nFft`. Default false. */
  readonly normalized?: boolean;
  /** Whether only frequencies ≥ 0 are given. Default: true for a real signal, false for a complex one. */
  readonly onesided?: boolean | null;
}

/** Options of `stft`. */
export interface StftOptions extends FrameOptions {
  /** How a centred signal is padded. Default `'reflect'`. */
  readonly padMode?: 'constant' | 'reflect' | 'replicate' | 'circular';
}

/** Options of `istft`. */
export interface IstftOptions extends FrameOptions {
  /** The length of the signal, which is cut or padded with zeros. */
  readonly length?: number | null;
}

const frames = {
  hopLength: kinds.orNull(kinds.count),
  winLength: kinds.orNull(kinds.count),
  window: kinds.orNull(kinds.tensor),
  center: kinds.flag,
  normalized: kinds.flag,
  onesided: kinds.orNull(kinds.flag),
};
const stftOptions = defineOptions<StftOptions>({
  ...frames,
  padMode: kinds.oneOf('constant', 'reflect', 'replicate', 'circular'),
});
const istftOptions = defineOptions<IstftOptions>({ ...frames, length: kinds.orNull(kinds.size) });

/** The window in the middle of `nFft` factors. */
function windowOf(op: string, like: Tensor, nFft: number, options: FrameOptions): Tensor {
  const length = options.winLength ?? nFft;
  if (length > nFft)
    throw new ChainruleError(`${op}: winLength ${length} must be at most nFft, ${nFft}`);
  const given = options.window ?? null;
  const window =
    given === null ? filled(1, [length], like.dtype) : castNode(operand(op, given), like.dtype);
  if (window.ndim !== 1 || window.size !== length)
    throw new ShapeError(
      `${op}: the window must be a vector of winLength, ${length}; it has shape ${show(window.sizes)}`,
    );
  return padNode(window, [nFft], { start: [Math.floor((nFft - length) / 2)], step: [1] });
}

/** The position in the signal of each element of each frame. */
function framePositions(count: number, hop: number, nFft: number): Tensor {
  const positions = new Int32Array(count * nFft);
  for (let t = 0; t < count; t++)
    for (let i = 0; i < nFft; i++) positions[t * nFft + i] = t * hop + i;
  return makeLeaf(positions, [count * nFft], 'int32');
}

/** The most pieces from which frames are assembled. */
const MAX_PIECES = 8;

/**
 * The frames of a signal, `[…, count, nFft]`. If their starts are far apart, they are assembled from the pieces between these.
 */
function framesOf(x: Tensor, count: number, hop: number, nFft: number): Tensor {
  const last = x.ndim - 1;
  const lead = x.sizes.slice(0, -1);
  const pieces = Math.ceil(nFft / hop);
  if (pieces > MAX_PIECES)
    return reshapeNode(takeOf([x, framePositions(count, hop, nFft)], { dim: last }), [
      ...lead,
      count,
      nFft,
    ]);
  const piece = (at: number): Tensor => {
    const length = Math.min(count * hop, (x.sizes[last] as number) - at);
    const rows = resized(narrowNode(x, last, at, length), last, count * hop);
    return narrowNode(
      reshapeNode(rows, [...lead, count, hop]),
      last + 1,
      0,
      Math.min(hop, nFft - at),
    );
  };
  return concatNode(
    range(pieces).map((p) => piece(p * hop)),
    last + 1,
  );
}

/**
 * The Fourier transform of each window of a signal `[time]` or `[batch, time]`, real or complex:
 * `[…, frequencies, windows]`. PyTorch: `torch.stft` with `return_complex`.
 * @throws {ShapeError} if the signal is shorter than a window.
 * @example stft(x, 256, { window: signal.windows.hann(256, { sym: false }) })
 */
export const stft: (x: Operand | Complex, nFft: number, options?: StftOptions) => Complex =
  composite('stft', (x, nFft, options) => {
    const op = 'stft';
    const given = stftOptions(op, options);
    const { center = true, padMode = 'reflect', normalized = false } = given;
    checkInteger(op, 'nFft', nFft, 1);
    const hop = given.hopLength ?? Math.max(1, Math.floor(nFft / 4));
    const complex = isComplex(x);
    const z = complexOperand(op, x);
    if (z.real.ndim < 1 || z.real.ndim > 2)
      throw new ShapeError(
        `${op}: expected [time] or [batch, time], got shape ${show(z.real.sizes)}`,
      );
    if (complex && given.onesided === true)
      throw new ChainruleError(`${op}: onesided is for real signals; this one is complex`);
    const onesided = given.onesided ?? !complex;
    const window = windowOf(op, z.real, nFft, given);
    const half = Math.floor(nFft / 2);
    const framed = (t: Tensor): Tensor => {
      const padded = center ? pad(t, [half, half], { mode: padMode }) : t;
      const last = padded.ndim - 1;
      const n = padded.sizes[last] as number;
      if (n < nFft)
        throw new ShapeError(`${op}: the signal has length ${n}, shorter than nFft, ${nFft}`);
      const count = 1 + Math.floor((n - nFft) / hop);
      return mul(framesOf(padded, count, hop, nFft), window);
    };
    const norm = normalized ? 'ortho' : 'backward';
    const { real, imag } = onesided
      ? rfft(framed(z.real), { norm })
      : fft(complex ? { real: framed(z.real), imag: framed(z.imag) } : framed(z.real), { norm });
    const framesLast = (t: Tensor): Tensor => moveDim(t, t.ndim - 1, t.ndim - 2);
    return { real: framesLast(real), imag: framesLast(imag) };
  });

/**
 * The signal `[time]` or `[batch, time]` whose `stft` with the same options comes closest, in the sense of least
 * squares: windows are added up and divided by the sum of their squares. PyTorch: `torch.istft`.
 * @throws {ChainruleError} if the windows leave gaps.
 * @example istft(stft(arange(8), 4), 4) // [0, 1, 2, 3, 4, 5, 6, 7]
 */
export const istft: (x: Operand | Complex, nFft: number, options?: IstftOptions) => Tensor =
  composite('istft', (x, nFft, options) => {
    const op = 'istft';
    const given = istftOptions(op, options);
    const { center = true, normalized = false, length = null } = given;
    checkInteger(op, 'nFft', nFft, 1);
    const hop = given.hopLength ?? Math.max(1, Math.floor(nFft / 4));
    const z = complexOperand(op, x);
    const { sizes: shape } = z.real;
    const [bins = 0, count = 0] = shape.slice(-2);
    const onesided = given.onesided ?? bins !== nFft;
    const expected = onesided ? Math.floor(nFft / 2) + 1 : nFft;
    if (z.real.ndim < 2 || z.real.ndim > 3 || bins !== expected || count === 0) {
      throw new ShapeError(
        `${op}: expected […, ${expected} frequencies, windows] for nFft ${nFft}, got shape ${show(shape)}`,
      );
    }
    const window = windowOf(op, z.real, nFft, given);
    // The signal is real, so negative frequencies add no information.
    const half = (t: Tensor): Tensor =>
      narrowNode(moveDim(t, t.ndim - 1, t.ndim - 2), t.ndim - 1, 0, Math.floor(nFft / 2) + 1);
    const norm = normalized ? 'ortho' : 'backward';
    const rows = irfft({ real: half(z.real), imag: half(z.imag) }, { n: nFft, norm });
    const total = nFft + hop * (count - 1);
    const frameIndex = framePositions(count, hop, nFft);
    const overlap = (frames: Tensor): Tensor => {
      const lead = frames.sizes.slice(0, -2);
      return indexAddOf(
        [
          filled(0, [...lead, total], frames.dtype),
          frameIndex,
          reshapeNode(frames, [...lead, count * nFft]),
        ],
        { dim: lead.length },
      );
    };
    const start = center ? Math.floor(nFft / 2) : 0;
    const end = Math.min(
      total,
      length === null ? (center ? total - start : total) : start + length,
    );
    if (end <= start) throw new ShapeError(`${op}: nothing is left of ${total} elements`);
    const known = hostValue(window);
    if (known !== null || given.window === undefined || given.window === null)
      checkCovered(op, known, { count, hop, nFft, start, end });
    const cut = (t: Tensor): Tensor => narrowNode(t, t.ndim - 1, start, end - start);
    const squares = mul(filled(1, [count, nFft], window.dtype), mul(window, window));
    const signal = div(cut(overlap(mul(rows, window))), cut(overlap(squares)));
    return length === null ? signal : resized(signal, signal.ndim - 1, length);
  });

/** Refuses windows whose squares add up to 0 at some position. */
function checkCovered(
  op: string,
  window: ArrayLike<number> | null,
  {
    count,
    hop,
    nFft,
    start,
    end,
  }: Readonly<Record<'count' | 'hop' | 'nFft' | 'start' | 'end', number>>,
): void {
  const sums = new Float64Array(nFft + hop * (count - 1));
  for (let t = 0; t < count; t++)
    for (let i = 0; i < nFft; i++) sums[t * hop + i]! += (window?.[i] ?? 1) ** 2;
  for (let at = start; at < end; at++) {
    if (sums[at]! < 1e-11)
      throw new ChainruleError(
        `${op}: no window covers element ${at - start}: the squares of the windows add up to 0 there; ` +
          `take a smaller hopLength than ${hop}`,
      );
  }
}
