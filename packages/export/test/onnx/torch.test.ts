/** @file Models exported by PyTorch: they give the same values and gradients, and can be trained further. */
import { describe, expect, test } from 'vitest';
import { compile, ones, tensor, type Tensor } from '@chainrule/autograd';
import { decodeNpy, decodeSafetensors, encodeSafetensors } from '@chainrule/autograd/io';
import { importOnnx, type OnnxModule } from '@chainrule/export';
import { functional } from '@chainrule/nn';
import { Adam } from '@chainrule/optim';
import { DEFAULT_LIMITS } from '../../src/onnx/import/limits.js';
import { decode } from '../../src/onnx/protobuf/decode.js';
import { encode } from '../../src/onnx/protobuf/encode.js';
import { MODEL } from '../../src/onnx/schema/onnx.js';
import { readTar } from './tar.js';

const files = readTar('models.tar.gz');
const names = [...files.keys()].filter((name) => name.endsWith('.onnx'));
const fileOf = (name: string): Uint8Array => files.get(name) ?? new Uint8Array();
const array = (name: string): Tensor => decodeNpy(fileOf(name));
const load = (name: string): OnnxModule => importOnnx(fileOf(name));

function far(x: Tensor, y: Tensor): number {
  expect(x.shape).toEqual(y.shape);
  const [a, b] = [x.dataSync(), y.dataSync()];
  return Math.max(0, ...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))));
}

describe.each(names)('%s', (name) => {
  const kind = name.split('.')[0] as string;
  const x = array(`${kind}.input_0.npy`);
  const wanted = [...files.keys()].filter((file) => file.startsWith(`${kind}.output_`));

  test('values, also compiled', () => {
    const model = load(name);
    const outputs = model.run(x);
    expect(outputs.length).toBe(wanted.length);
    wanted.forEach((file, i) => expect(far(outputs[i] as Tensor, array(file))).toBeLessThan(2e-6));
    const compiled = compile((t: Tensor) => model.run(t));
    compiled(x);
    compiled(x).forEach((y, i) => expect(far(y, outputs[i] as Tensor)).toBeLessThan(1e-6));
  });

  test('the gradient of a weight', () => {
    const model = load(name);
    (model.run(x)[0] as Tensor).square().sum().backward();
    const key = new TextDecoder().decode(fileOf(`${kind}.gradient.txt`));
    const gradient = array(`${kind}.gradient.npy`);
    // PyTorch renames weights that it turns or joins while it exports.
    const candidates = model
      .namedParameters()
      .filter(([found, p]) => (found === key || p.shape.join() === gradient.shape.join()) && p.grad)
      .map(([, p]) => p.grad as Tensor);
    if (kind === 'mlp' || kind === 'cnn' || kind === 'detector')
      expect(Object.keys(model.stateDict())).toContain(key);
    if (candidates.length === 0) expect(['lstm', 'gru', 'encoder']).toContain(kind);
    else expect(Math.min(...candidates.map((g) => far(g, gradient)))).toBeLessThan(2e-5);
  });
});

test('a batch of another size, where the file has one that changes', () => {
  const model = load('resnet.17.onnx');
  const x = array('resnet.input_0.npy');
  expect(model.inputs[0]).toEqual({
    name: 'x',
    kind: 'tensor',
    type: 'float',
    shape: ['batch', 3, 20, 20],
  });
  const one = model.run(x.narrow(0, 1, 1))[0] as Tensor;
  expect(far(one, array('resnet.output_0.npy').narrow(0, 1, 1))).toBeLessThan(2e-6);
  expect(() => model.run(x.narrow(1, 0, 2))).toThrow(
    "run: the input 'x' must have the shape [batch, 3, 20, 20], got [2, 2, 20, 20]",
  );
  expect(() => model.run(x.cast('int32'))).toThrow(
    "'x' must be float32 (float in the file), got int32",
  );
});

test('a model is trained further', () => {
  const model = load('cnn.17.onnx');
  const x = array('cnn.input_0.npy');
  const labels = tensor(Int32Array.of(3, 7));
  const before = model.run(x)[0] as Tensor;
  model.train();
  const optimizer = new Adam(model.namedParameters(), { lr: 3e-3 });
  const loss = (): Tensor => functional.crossEntropy(model.forward(x) as Tensor, labels);
  const first = loss().item();
  for (let step = 0; step < 40; step++) {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  }
  model.eval();
  expect(loss().item()).toBeLessThan(0.2 * first);
  // What was learned goes into a file and back into a fresh model.
  const copy = load('cnn.17.onnx');
  copy.loadStateDict(decodeSafetensors(encodeSafetensors(model.stateDict())));
  expect(far(copy.run(x)[0] as Tensor, model.run(x)[0] as Tensor)).toBe(0);
  expect(far(model.clone().run(x)[0] as Tensor, model.run(x)[0] as Tensor)).toBe(0);
  expect(far(load('cnn.17.onnx').run(x)[0] as Tensor, before)).toBe(0);
});

test('training mode: the batch normalizes and moves the running statistics', () => {
  const model = load('resnet.17.onnx');
  expect(model.training).toBe(false);
  const mean = model.stateDict()['stem.1.running_mean'] as Tensor;
  expect(model.namedBuffers().map(([name]) => name)).toContain('stem.1.running_var');
  const y = model.train().run(array('resnet.input_0.npy'))[0] as Tensor;
  expect(far(y, array('resnet.training.npy'))).toBeLessThan(2e-5);
  const moved = model.stateDict()['stem.1.running_mean'] as Tensor;
  expect(far(moved, array('resnet.mean.npy'))).toBeLessThan(1e-6);
  expect(far(moved, mean)).toBeGreaterThan(1e-3);
});

test('training mode: dropout drops', () => {
  const bytes = readTar('cases.tar.gz').get('test_dropout_default/model.onnx') as Uint8Array;
  const model = importOnnx(bytes);
  const x = ones(model.inputs[0]?.shape as number[]);
  expect((model.run(x)[0] as Tensor).toArray()).toEqual(x.toArray());
  expect(new Set((model.train().run(x)[0] as Tensor).dataSync())).toEqual(new Set([0, 2]));
});

test.each(['resnet.17.onnx', 'lstm.14.onnx', 'detector.17.onnx'])(
  '%s with its nodes in any order',
  (name) => {
    const proto = decode(fileOf(name), MODEL, DEFAULT_LIMITS);
    proto.graph?.node.reverse();
    const x = array(`${name.split('.')[0] as string}.input_0.npy`);
    const [found] = importOnnx(encode(proto, MODEL)).run(x);
    expect(far(found as Tensor, load(name).run(x)[0] as Tensor)).toBe(0);
  },
);

test('a frozen model stays as it is', () => {
  const model = load('mlp.17.onnx').requiresGrad_(false);
  const y = model.run(array('mlp.input_0.npy'))[0] as Tensor;
  expect(y.requiresGrad).toBe(false);
});
