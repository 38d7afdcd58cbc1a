/** @file Copies parts of a loop kernel's body into another kernel. */
import type { LoopKernel, Scalar } from '../../../engine/compile/kernel.js';
import type { Access } from '../../../engine/compile/bufferRef.js';

/** The length of the longest chain of reductions that leads to each scalar, itself included. */
export function reductionLevels(body: readonly Scalar[]): number[] {
  const levels: number[] = [];
  for (const scalar of body) {
    if (scalar.kind === 'reduce') levels.push((levels[scalar.arg] as number) + 1);
    else if (scalar.kind === 'op')
      levels.push(Math.max(0, ...scalar.args.map((arg) => levels[arg] as number)));
    else levels.push(0);
  }
  return levels;
}

export interface Rules {
  access(access: Access): Access;
  /** Writes the coordinate along an original dimension and returns its scalar. */
  index(dim: number, body: Scalar[]): number;
}

/** Copies the requested part of a body into another kernel. */
export class Rebuild {
  readonly inputs: Access[] = [];
  readonly body: Scalar[] = [];
  /** Maps scalars of the old body to their index in the new one. */
  readonly known = new Map<number, number>();
  private readonly kernel: LoopKernel;
  private readonly rules: Rules;

  constructor(kernel: LoopKernel, rules: Rules) {
    this.kernel = kernel;
    this.rules = rules;
  }

  load(access: Access): number {
    this.inputs.push(access);
    return this.body.push({ kind: 'load', input: this.inputs.length - 1, dtype: access.dtype }) - 1;
  }

  scalar(i: number): number {
    const known = this.known.get(i);
    if (known !== undefined) return known;
    const made = this.copy(this.kernel.body[i] as Scalar);
    this.known.set(i, made);
    return made;
  }

  private copy(scalar: Scalar): number {
    switch (scalar.kind) {
      case 'load':
        return this.load(this.rules.access(this.kernel.inputs[scalar.input] as Access));
      case 'const':
        return this.body.push(scalar) - 1;
      case 'index':
        return this.rules.index(scalar.dim, this.body);
      case 'reduce': {
        const arg = this.scalar(scalar.arg);
        return this.body.push({ ...scalar, arg }) - 1;
      }
      case 'op': {
        const args = scalar.args.map((arg) => this.scalar(arg));
        return this.body.push({ ...scalar, args }) - 1;
      }
    }
  }
}
