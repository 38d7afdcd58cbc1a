/**
 * @file With aligned corners the size of the result counts; boxes without an area give 0, as in ONNX Runtime 1.30. Numbers
 * from PyTorch.
 */
import { expect, test } from 'vitest';
import { tensor } from '@chainrule/autograd';
import { importOnnx } from '@chainrule/export';
import { attribute, fileOf, node, weight } from './files.js';

const text = (name: string, s: string): ReturnType<typeof attribute> =>
  attribute({ name, type: 3, s: new TextEncoder().encode(s) });

// F.interpolate(tensor([1., 2, 4, 8, 16]).view(1, 1, 1, 5), scale_factor=(1, 1.5), mode=mode, align_corners=True)
test.each([
  ['linear', [1, 1.6666667, 2.6666667, 4, 6.666667, 10.666668, 16]],
  ['cubic', [1, 1.462963, 2.5185165, 4, 5.9629626, 10.96296, 16]],
])('%s, from 5 elements to 7.5', (mode, right) => {
  const model = importOnnx(
    fileOf({
      node: [
        node(
          'Resize',
          ['x', '', 'scales'],
          ['y'],
          [text('mode', mode), text('coordinate_transformation_mode', 'align_corners')],
        ),
      ],
      initializer: [weight({ name: 'scales', dims: [4], floatData: [1, 1, 1, 1.5] })],
    }),
  );
  const [y] = model.run(tensor([1, 2, 4, 8, 16]).reshape([1, 1, 1, 5]));
  expect(y?.sub(tensor(right)).abs().max().item()).toBeLessThan(4e-6);
});

test.each(['avg', 'max'])('RoiAlign, %s: a box without an area is 0', (mode) => {
  const model = importOnnx(
    fileOf({
      input: [{ name: 'x' }, { name: 'rois' }, { name: 'images' }],
      node: [
        node(
          'RoiAlign',
          ['x', 'rois', 'images'],
          ['y'],
          [
            text('mode', mode),
            attribute({ name: 'output_height', type: 2, i: 2 }),
            attribute({ name: 'output_width', type: 2, i: 1 }),
          ],
        ),
      ],
    }),
  );
  const [y] = model.run(
    tensor([1, 2, 3, 4]).reshape([1, 1, 2, 2]),
    tensor([[1, 1, 1, 1]]),
    tensor([0], { dtype: 'int32' }),
  );
  expect(y?.toArray()).toEqual([[[[0], [0]]]]);
});
