/** @file The engine's state, and the choice of the device on which a graph runs. */
import { placement, type DeviceName } from '../graph/device.js';
import type { Tensor } from '../graph/tensor.js';
import { PlanCache, planning } from './plan.js';
import type { Backend, HostBackend, Meter, Program } from './program.js';

/** The engine's state; `backends/index.ts` chooses the backend. */
export const engine: {
  backend: HostBackend | null;
  /** The backends of devices other than the CPU, once they have been opened. */
  readonly devices: Map<DeviceName, Backend>;
  readonly plans: PlanCache;
  /** Above 0 while a transform builds nodes: the pending graph may then grow without limit. */
  building: number;
  /** Called for every program that runs, for tests and profiles. */
  onRun: ((program: Program, why: string) => void) | null;
  /** Set while `profile` runs. */
  meter: Meter | null;
} = {
  backend: null,
  devices: new Map(),
  plans: new PlanCache(),
  building: 0,
  onRun: null,
  meter: null,
};

/** @internal How the runs so far found their plans. */
export function planningCounts(): { walked: number; made: number; found: number } {
  return { walked: planning.walked, made: planning.made, found: engine.plans.hits };
}

/** @internal The device on which the graph behind `roots` runs: that of its tensors, else the one chosen for new tensors. */
export function deviceOf(roots: readonly Tensor[]): DeviceName {
  if (engine.devices.size === 0) return 'cpu';
  const onDevice = roots.find(({ home }) => home !== null);
  if (onDevice?.home != null) return onDevice.home;
  return roots.some(({ sizes: shape }) => shape.length > 0) ? placement.chosen : 'cpu';
}

/** @internal The backend that runs the graph behind `roots`. */
export function backendFor(roots: readonly Tensor[]): Backend {
  return engine.devices.get(deviceOf(roots)) ?? backendInUse();
}

/** @internal The CPU backend in use. */
export function backendInUse(): HostBackend {
  if (engine.backend === null) throw new Error('no backend is loaded');
  return engine.backend;
}

/**
 * @internal A predicate: whether a root is on another device than the first one. Null if none is. Scalars without a device
 * follow the first.
 */
export function onSecondDevice(roots: readonly Tensor[]): ((root: Tensor) => boolean) | null {
  const onDevice = engine.devices.size === 0 ? undefined : roots.find(({ home }) => home !== null);
  const other = (root: Tensor): boolean => root.home !== null && root.home !== onDevice?.home;
  return onDevice !== undefined && roots.some(other) ? other : null;
}
