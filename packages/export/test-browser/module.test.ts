/** @file A module without the framework in a page and in its worker: the bits of the compiled function. */
import { compile, manualSeed, noGrad, randn, zeros, type Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { expect, test } from 'vitest';
import { exportModule } from '../src/index.js';

const url = (text: string): string =>
  URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));

interface Loaded {
  readonly predict: (x: ArrayLike<number>) => { data: Float32Array; shape: number[] };
}

test('in a page and in a worker', async () => {
  manualSeed(1);
  const model = new nn.Sequential(
    new nn.Unflatten(1, [1, 8, 8]),
    new nn.Conv2d(1, 4, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(36, 10),
  );
  const f = (x: Tensor): Tensor => model.forward(x);
  const module = url(exportModule(f, [zeros([1, 64])], { modules: model, batch: 8 }).js);
  const x = randn([5, 64]);
  const right = [...noGrad(() => compile(f)(x)).dataSync()];

  const { predict } = (await import(/* @vite-ignore */ module)) as Loaded;
  const { data, shape } = predict(x.dataSync());
  expect([[...data], shape]).toEqual([right, [5, 10]]);

  const worker = new Worker(
    url(
      `import { predict } from '${module}'; onmessage = ({ data }) => postMessage(predict(data).data);`,
    ),
    { type: 'module' },
  );
  const inWorker = await new Promise<Float32Array>((resolve, reject) => {
    worker.onmessage = ({ data: found }: MessageEvent<Float32Array>) => resolve(found);
    worker.onerror = reject;
    worker.postMessage(x.dataSync());
  });
  worker.terminate();
  expect([...inWorker]).toEqual(right);
});
