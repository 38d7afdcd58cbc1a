/** @file Converts parameters and buffers of a module to another dtype or device, for `Module.to`. */
import {
  cell,
  ChainruleError,
  DeviceError,
  display,
  noGrad,
  Parameter,
  type Cell,
  type Tensor,
} from '@chainrule/autograd';
import type { Module } from './module.js';
import { buffersOf, parametersOf, walkSlots, type Slot } from './slots.js';

/** Replaces parameters and buffers of a float dtype by new ones of another. */
export function convertDtype(module: Module, dtype: 'float32' | 'float64'): void {
  const converted = new Map<Tensor, Tensor>();
  const convert = (slot: Slot<Parameter | Cell>, wrap: (t: Tensor, of: Tensor) => Cell): void => {
    const { value } = slot;
    if (value.dtype === dtype || (value.dtype !== 'float32' && value.dtype !== 'float64')) return;
    if (!converted.has(value))
      converted.set(
        value,
        wrap(
          noGrad(() => value.cast(dtype)),
          value,
        ),
      );
    slot.holder[slot.key] = converted.get(value);
  };
  for (const slot of walkSlots(module, buffersOf, { once: false })) convert(slot, (t) => cell(t));
  for (const slot of walkSlots(module, parametersOf, { once: false })) {
    convert(slot, (t, of) => {
      const p = new Parameter(t, { requiresGrad: of.requiresGrad });
      if (of.grad !== null) p.grad = of.grad.cast(dtype);
      return p;
    });
  }
}

const DEVICES = ['cpu', 'webgpu'] as const;

/** Moves parameters and buffers to a device. @throws {DeviceError} if that takes waiting. */
export function moveToDevice(module: Module, device: string): void {
  const values = [...module.parameters(), ...module.buffers()];
  const elsewhere = values.find((t) => t.device !== device);
  if (!(DEVICES as readonly string[]).includes(device) && device !== 'int32' && device !== 'bool') {
    throw new DeviceError(
      `to: the target must be one of 'float32', 'float64', 'cpu' or 'webgpu', got ${display(device)}`,
    );
  }
  if (device === 'int32' || device === 'bool') {
    throw new ChainruleError(
      `to: a module's parameters are floats; to('${device}') is not possible`,
    );
  }
  if (elsewhere === undefined) return;
  if (device !== 'webgpu') {
    throw new DeviceError(
      `to: the parameters are on '${elsewhere.device}' and must be awaited; write await module.toAsync('${device}')`,
    );
  }
  for (const t of values)
    if (t.ndim > 0 || t.dtype !== 'float64') t.assign(t.detach().to('webgpu'));
  for (const p of module.parameters()) if (p.grad !== null) p.grad = p.grad.detach().to('webgpu');
}

/** Moves parameters, their gradients, and buffers to the CPU: all of them, or none if one fails. */
export async function bringToHost(module: Module): Promise<void> {
  const values = [...module.parameters(), ...module.buffers()].filter((t) => t.device !== 'cpu');
  const onHost = values.map(async (t) => {
    const grad = t instanceof Parameter ? t.grad : null;
    const [value, moved] = await Promise.all([
      t.detach().to('cpu'),
      grad === null ? Promise.resolve(null) : grad.detach().to('cpu'),
    ]);
    return { t, value, grad: moved };
  });
  for (const { t, value, grad } of await Promise.all(onHost)) {
    t.assign(value);
    if (t instanceof Parameter) t.grad = grad;
  }
}
