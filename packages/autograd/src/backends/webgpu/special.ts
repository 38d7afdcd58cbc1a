/**
 * @file Operations that the engine leaves to their reference, and that have kernels on the device. All others are refused by
 * name.
 */
import type { Kernel, ReduceOp, Scalar } from '../../engine/compile/kernel.js';
import type { BufferRef } from '../../engine/compile/bufferRef.js';
import type { Instruction } from '../../engine/program.js';
import type { Attrs } from '../../graph/primitive.js';
import { sizeOf, stridesOf, type Shape } from '../../graph/shape.js';
import { constantOp } from '../../graph/version.js';
import { transformOf } from '../../kernels/fourierTransform.js';
import { supports } from './wgsl/elements.js';
import { copyOf, filledWith } from './wgsl/copies.js';
import { drawShader } from './wgsl/draws.js';
import { fourierShader } from './wgsl/fourier.js';
import { boundedShader, familyShader } from './wgsl/elementwise.js';
import { foldShader, unfoldShader, type Sliding } from './wgsl/slide.js';
import { pinvShaders, svdShader } from './wgsl/linalg/bySingularValues.js';
import { cofactorRateShaders, cofactorShaders } from './wgsl/linalg/cofactors.js';
import {
  determinantShader,
  luShader,
  pivotOrderShader,
  solveShader,
  triangularShader,
} from './wgsl/linalg/elimination.js';
import { exponentialShader } from './wgsl/linalg/exponential.js';
import { eighShader } from './wgsl/linalg/jacobi.js';
import { choleskyShader, qrShader } from './wgsl/linalg/orthogonal.js';
import { logcumsumexpShader, modeShaders, nanMedianShaders } from './wgsl/rows.js';
import { shadersOf } from './wgsl/shaders.js';
import type { Shader } from './wgsl/shader.js';

/** An instruction with its operands in contiguous buffers. */
export interface OperatorSite {
  readonly attrs: Attrs;
  readonly out: BufferRef;
  readonly shape: Shape;
  readonly inputs: readonly { readonly place: BufferRef; readonly shape: Shape }[];
  readonly scratch: (words: number) => BufferRef;
}

/** The largest matrices that factorizations support. */
export const LARGEST_MATRIX = 64;

type Maker = (site: OperatorSite) => readonly (Kernel | Shader)[] | null;

/** `empty` holds two numbers that alternate in the result for matrices without elements. */
const matrices =
  (
    shader: (site: OperatorSite) => Shader | Shader[],
    empty: readonly [number, number] | null = null,
    largest: number = LARGEST_MATRIX,
  ): Maker =>
  (site) => {
    const { shape } = site.inputs[0]!;
    if (sizeOf(shape) === 0) return empty === null ? null : [inTurn(empty, site)];
    return Math.max(...shape.slice(-2)) <= largest ? [shader(site)].flat() : null;
  };

/** A transform of any length, including those for which other backends have no kernel. */
function transformShader(
  spec: Parameters<typeof transformOf>[0],
  { inputs, out }: Omit<OperatorSite, 'attrs'>,
): Shader {
  const places = inputs.map(({ place }) => place);
  return fourierShader(transformOf(spec, inputs[0]!.shape, places, out));
}

/** Two alternating numbers. */
function inTurn([even, odd]: readonly [number, number], { out, shape }: OperatorSite): Kernel {
  const size = sizeOf(shape);
  const [first, second] = size % 2 === 0 ? [size / 2, 2] : [size, 1];
  return {
    kind: 'loop',
    outer: [first, second],
    inner: [],
    inputs: [],
    body: [
      { kind: 'index', dim: 1, dtype: 'int32' },
      { kind: 'const', value: even, dtype: out.dtype },
      { kind: 'const', value: odd, dtype: out.dtype },
      { kind: 'op', op: 'where', args: [0, 2, 1], dtype: out.dtype },
    ],
    outputs: [{ ...out, strides: [second, 1], value: 3 }],
  };
}

/** Functions and their derivatives, with the WGSL function that computes them. */
const FAMILIES: Readonly<Record<string, string>> = {
  sinc: 'sincOf',
  sincSlope: 'sincOf',
  polygamma: 'polygammaOf',
  scaledTail: 'erfcxOf',
  'special.erfcx': 'erfcxOf',
  'special.logNdtr': 'logNdtrOf',
  'special.i0': 'i0Of',
  'special.i0Slope': 'i0Of',
  'special.i1': 'i1Of',
  'special.i1Slope': 'i1Of',
  'special.i0e': 'i0eOf',
  'special.i0eSlope': 'i0eOf',
  'special.i1e': 'i1eOf',
  'special.i1eSlope': 'i1eOf',
};

const SHADER_MAKERS: Readonly<Record<string, Maker>> = {
  assertBetween: (site) => [boundedShader(site)],
  ...Object.fromEntries(
    Object.entries(FAMILIES).map(([name, text]): [string, Maker] => [
      name,
      (site) => [familyShader(site, text)],
    ]),
  ),
  fft: ({ attrs, ...site }) => [transformShader({ ...attrs, length: attrs['n'] } as never, site)],
  irfft: ({ attrs, ...site }) => [
    transformShader(
      { ...attrs, length: attrs['n'], sign: 1, from: 'half', to: 'real' } as never,
      site,
    ),
  ],
  unfold: (site) => [unfoldShader(site, site.attrs as unknown as Sliding)],
  fold: (site) => [foldShader(site, site.attrs as unknown as Sliding)],
  solve: matrices(solveShader),
  triangularSolve: matrices(triangularShader),
  det: matrices((site) => determinantShader(site, false), [1, 1]),
  slogdet: matrices((site) => determinantShader(site, true), [1, 0]),
  cholesky: matrices(choleskyShader),
  luPacked: matrices(luShader),
  qr: matrices((site) => qrShader(site, false)),
  orthogonalComplete: matrices((site) => qrShader(site, true)),
  pivotOrder: (site) => [pivotOrderShader(site)],
  eigh: matrices(eighShader),
  svd: matrices(svdShader),
  pinv: matrices(pinvShaders, [0, 0]),
  cofactor: matrices(cofactorShaders),
  cofactorRate: matrices(cofactorRateShaders),
  // Its derivative is the exponential of a matrix twice as large.
  matrixExp: matrices(exponentialShader, null, 2 * LARGEST_MATRIX),
  logcumsumexp: (site) => [logcumsumexpShader(site)],
  argmode: modeShaders,
  argnanmedian: nanMedianShaders,
  ...Object.fromEntries(
    ['gamma', 'poisson', 'binomial', 'vonMises'].map((name): [string, Maker] => [
      `${name}Draw`,
      (site) => [drawShader(site, `${name}Sample`)],
    ]),
  ),
};

/** Whether the device computes an operation that the engine leaves to its reference. */
export function isSpecial(name: string): boolean {
  return name in SHADER_MAKERS || supports(name, 'float32');
}

/** The shaders of an instruction; null if there are none. */
export function specialShaders(
  instructions: readonly Instruction[],
  { slot, operands }: { readonly slot: number; readonly operands: readonly number[] },
  scratch: (words: number) => BufferRef,
  startsVector: (buffer: number) => boolean,
): readonly Shader[] | null {
  const { op, shape, dtype, inputs, attrs } = instructions[slot] as Instruction;
  if (sizeOf(shape) === 0) return [];
  if (op === null) return null;
  const site: OperatorSite = {
    attrs: attrs ?? {},
    out: { buffer: slot, dtype, offset: 0 },
    shape,
    inputs: operands.map((buffer, i) => ({
      place: { buffer, dtype: instructions[buffer]!.dtype, offset: 0 },
      shape: instructions[inputs[i]!]!.shape,
    })),
    scratch,
  };
  const made =
    folded(op.lowering, site) ??
    written(op.lowering, site, instructions[operands[0] ?? -1]) ??
    SHADER_MAKERS[op.name]?.(site) ??
    elementwise(op.name, site) ??
    null;
  return made?.flatMap((x) => ('code' in x ? [x] : shadersOf(x, scratch, startsVector))) ?? null;
}

type Lowering = NonNullable<Instruction['op']>['lowering'];

/** A fold that the engine does not run as a loop: over nothing, or of booleans. */
function folded(lowering: Lowering, { attrs, out, shape, inputs }: OperatorSite): Kernel[] | null {
  if (lowering.kind !== 'fold') return null;
  const { place, shape: given } = inputs[0]!;
  if (sizeOf(given) === 0) {
    if (lowering.fold !== 'sum' && lowering.fold !== 'prod') return null;
    return [filledWith(lowering.fold === 'sum' ? 0 : 1, sizeOf(shape), out)];
  }
  const dims = lowering.dims(attrs);
  const strides = stridesOf(given);
  const inner = given.map((_, d) => d).filter((d) => dims.includes(d));
  const outer = given.map((_, d) => d).filter((d) => !dims.includes(d));
  const body: Scalar[] = [{ kind: 'load', input: 0, dtype: place.dtype }];
  if (place.dtype !== out.dtype) body.push({ kind: 'op', op: 'cast', args: [0], dtype: out.dtype });
  const arg = body.length - 1;
  const fold: ReduceOp = lowering.fold;
  // A fold over one element is that element.
  const value =
    inner.length === 0 ? arg : body.push({ kind: 'reduce', op: fold, arg, dtype: out.dtype }) - 1;
  const sizes = outer.map((d) => given[d]!);
  return [
    {
      kind: 'loop',
      outer: sizes,
      inner: inner.map((d) => given[d]!),
      inputs: [{ ...place, strides: [...outer, ...inner].map((d) => strides[d]!) }],
      body,
      outputs: [{ ...out, strides: stridesOf(sizes), value }],
    },
  ];
}

/** A write of no elements into a table: a copy of the table. */
function written(
  lowering: Lowering,
  { attrs, out, shape, inputs }: OperatorSite,
  table: Instruction | undefined,
): Kernel[] | null {
  if (lowering.kind !== 'kernel') return null;
  const spec = lowering.kernel(attrs);
  if ((spec.kind !== 'elements' && spec.kind !== 'slices') || spec.mode === 'gather') return null;
  if (table === undefined || sizeOf(inputs[1]!.shape) > 0) return null;
  return [
    table.op === constantOp
      ? filledWith((table.attrs as { value: number }).value, sizeOf(shape), out)
      : copyOf(inputs[0]!.place, sizeOf(shape), out),
  ];
}

/** An element-wise function. */
function elementwise(name: string, { out, shape, inputs }: OperatorSite): Kernel[] | null {
  if (!supports(name, out.dtype)) return null;
  const size = sizeOf(shape);
  const dtypes = inputs.map(({ place }) => place.dtype);
  return [
    {
      kind: 'loop',
      outer: [size],
      inner: [],
      inputs: inputs.map(({ place }) => ({ ...place, strides: [1] })),
      body: [
        ...dtypes.map((dtype, input): Scalar => ({ kind: 'load', input, dtype })),
        { kind: 'op', op: name, args: dtypes.map((_, i) => i), dtype: out.dtype },
      ],
      outputs: [{ ...out, strides: [1], value: dtypes.length }],
    },
  ];
}
