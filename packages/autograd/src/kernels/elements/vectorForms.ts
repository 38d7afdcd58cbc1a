/**
 * @file Vector formulas that element-wise primitives bring along, so that a bundle contains only those of the operations it
 * imports.
 */
import type { Lanes, Register } from '../../backends/wasm/elements/lanes.js';

/** A formula of one register, or of two. */
export type Formula = (v: Lanes, x: Register, y: Register) => Register;

/** For a dtype without a formula the scalar function is called lane by lane. */
export interface VectorForm {
  readonly float32?: Formula;
  readonly float64?: Formula;
}

const entered = new Map<string, VectorForm>();

/** Vector forms by the name of their primitive. */
export const vectorForms: ReadonlyMap<string, VectorForm> = entered;

/** Registers the vector form of a primitive; called where the primitive is made. */
export function enterVectorForm(name: string, form: VectorForm): void {
  entered.set(name, form);
}
