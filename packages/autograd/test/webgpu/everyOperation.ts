/** @file Every operation by its table entry, forward and backward, on the selected device. */
import { DeviceError, grad, setDevice, type Tensor } from '../../src/index.js';
import { isFloat } from '../../src/graph/dtype.js';
import { mapTree, flatten } from '../../src/tree.js';
import { callsOf, type OpLine } from '../opChecks.js';
import * as tables from '../operations/index.js';

export const LINES = Object.fromEntries(
  Object.values(tables)
    .filter((table) => typeof table === 'object' && !Array.isArray(table))
    .flatMap((table) => Object.entries(table)),
);

/** The results of an operation at one sample, then the gradients of their sum. */
function resultsAt(
  call: (args: readonly unknown[]) => Tensor[],
  line: OpLine,
  args: readonly unknown[],
): Tensor[] {
  const outputs = call(args);
  const leaves = flatten(args).leaves.filter((t) => isFloat(t.dtype));
  const differentiable = outputs.filter((y) => y.requiresGrad);
  if ((line.order ?? 2) < 1 || differentiable.length === 0) return outputs;
  const total = differentiable.map((y) => y.sum()).reduce((a, b) => a.add(b));
  const gradients = grad(total, leaves, { allowUnused: true });
  return [...outputs, ...gradients.filter((g) => g !== null)];
}

/** What an operation gives at its first samples on a device; null for what the device refuses, with why. */
export async function valuesOf(
  name: string,
  device: 'cpu' | 'webgpu',
  most = Infinity,
  read: (y: Tensor) => Promise<ArrayLike<number>> = (y) => y.data(),
): Promise<{ values: (ArrayLike<number>[] | null)[]; refused: string[] }> {
  const line = LINES[name] as OpLine;
  await setDevice('cpu');
  const { call, samples } = callsOf(name, line, 'float32');
  await setDevice(device);
  const refused: string[] = [];
  const values: (ArrayLike<number>[] | null)[] = [];
  for (const args of samples.slice(0, most)) {
    try {
      const there = mapTree(args, (t) => {
        const moved = device === 'cpu' ? t : t.to('webgpu');
        return isFloat(t.dtype) ? moved.requiresGrad_() : moved;
      }) as readonly unknown[];
      const results = resultsAt(call, line, there);
      values.push(await Promise.all(results.map(read)));
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      refused.push(error.message);
      values.push(null);
    }
  }
  await setDevice('cpu');
  return { values, refused };
}
