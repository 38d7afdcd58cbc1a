/** @file Pooling and resampling as one operator each. */
import type { GraphNode, Region } from '@chainrule/autograd/graph';
import { input, isFloat, optionsOf, perDim, type RegionRule } from './regionRule.js';

/** Strides and padding as attributes of ONNX. (With `ceilMode`, a last window that begins in the padding would differ.) */
function geometry(region: Region, rank: number): Record<string, number | readonly number[]> {
  const options = optionsOf(region, 2);
  const kernel = perDim(region.args[1], rank, 1);
  const pads = perDim(options['padding'], rank, 0);
  return {
    kernel_shape: kernel,
    strides: options['stride'] == null ? kernel : perDim(options['stride'], rank, 1),
    pads: [...pads, ...pads],
  };
}

const pool = (op: string, rank: number): RegionRule => ({
  accepts: (region) => {
    const { ceilMode, returnIndices, divisorOverride, padding } = optionsOf(region, 2);
    const pads = perDim(padding, rank, 0);
    // Runtimes count the wrong zeros where dimensions have different padding.
    const counted = op === 'MaxPool' || pads.every((pad) => pad === pads[0]);
    const plain = ceilMode !== true && returnIndices !== true && divisorOverride == null;
    return plain && counted && isFloat(input(region)) && input(region).shape.length === rank + 2;
  },
  write: (e, region) => {
    const { dilation, countIncludePad = true } = optionsOf(region, 2);
    const own: Record<string, number | readonly number[]> =
      op === 'MaxPool'
        ? { dilations: perDim(dilation, rank, 1) }
        : { count_include_pad: countIncludePad === true ? 1 : 0 };
    return [e.node(op, [e.value(input(region))], { ...geometry(region, rank), ...own })];
  },
});

/** Pooling to one element: over all positions. */
const globalPool = (op: string, rank: number): RegionRule => ({
  accepts: (region) => {
    const size = region.args[1];
    const one = size === 1 || (Array.isArray(size) && size.every((n) => n === 1));
    const { returnIndices } = optionsOf(region, 2);
    return one && returnIndices !== true && input(region).shape.length === rank + 2;
  },
  write: (e, region) => [e.node(op, [e.value(input(region))])],
});

const MODES: Readonly<Record<string, string>> = {
  nearest: 'nearest',
  linear: 'linear',
  bilinear: 'linear',
  trilinear: 'linear',
  bicubic: 'cubic',
};

const INTERPOLATE: RegionRule = {
  accepts: (region) => {
    const { mode = 'nearest' } = optionsOf(region, 1);
    return isFloat(input(region)) && (mode as string) in MODES;
  },
  write: (e, region) => {
    const x = input(region);
    const {
      mode = 'nearest',
      alignCorners,
      size,
      scaleFactor,
      recomputeScaleFactor,
    } = optionsOf(region, 1);
    const how = MODES[mode as string] as string;
    const rank = x.shape.length - 2;
    const place =
      how === 'nearest'
        ? 'asymmetric'
        : alignCorners === true
          ? 'align_corners'
          : 'pytorch_half_pixel';
    const attributes = {
      mode: how,
      coordinate_transformation_mode: place,
      cubic_coeff_a: { float: -0.75 },
      ...(how === 'nearest' ? { nearest_mode: 'floor' } : {}),
    };
    const Factors = Float32Array;
    if (size === undefined && recomputeScaleFactor !== true) {
      const factors = perDim(scaleFactor, rank, 1);
      const scales = e.constant([rank + 2], 'float32', Factors.of(1, 1, ...factors));
      return [e.node('Resize', [e.value(x), '', scales], attributes)];
    }
    const out = region.result as GraphNode;
    return [
      e.node(
        'Resize',
        [e.value(x), '', '', e.sizes(sizesOf(e.shape(x), e.shape(out)), out)],
        attributes,
      ),
    ];
  },
};

/** The sizes of examples and channels of `from`, then the other sizes of `to`. */
function sizesOf<T>(from: readonly T[], to: readonly T[]): T[] {
  return [...from.slice(0, 2), ...to.slice(2)];
}

const GRID_SAMPLE: RegionRule = {
  since: 20,
  accepts: (region) => isFloat(input(region)),
  write: (e, region) => {
    const [x, grid] = region.args as [GraphNode, GraphNode];
    const { mode = 'bilinear', paddingMode = 'zeros', alignCorners } = optionsOf(region, 2);
    const how = { bilinear: 'linear', nearest: 'nearest', bicubic: 'cubic' }[
      mode as string
    ] as string;
    return [
      e.node('GridSample', [e.value(x), e.value(grid)], {
        mode: how,
        padding_mode: paddingMode as string,
        align_corners: alignCorners === true ? 1 : 0,
      }),
    ];
  },
};

export const WINDOWS: readonly (readonly [string, RegionRule])[] = [
  ['maxPool1d', pool('MaxPool', 1)],
  ['maxPool2d', pool('MaxPool', 2)],
  ['maxPool3d', pool('MaxPool', 3)],
  ['avgPool1d', pool('AveragePool', 1)],
  ['avgPool2d', pool('AveragePool', 2)],
  ['avgPool3d', pool('AveragePool', 3)],
  ['adaptiveAvgPool1d', globalPool('GlobalAveragePool', 1)],
  ['adaptiveAvgPool2d', globalPool('GlobalAveragePool', 2)],
  ['adaptiveAvgPool3d', globalPool('GlobalAveragePool', 3)],
  ['adaptiveMaxPool1d', globalPool('GlobalMaxPool', 1)],
  ['adaptiveMaxPool2d', globalPool('GlobalMaxPool', 2)],
  ['adaptiveMaxPool3d', globalPool('GlobalMaxPool', 3)],
  ['interpolate', INTERPOLATE],
  ['gridSample', GRID_SAMPLE],
];
