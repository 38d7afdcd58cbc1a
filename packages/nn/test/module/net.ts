/** @file A module that holds some of everything, which tests of modules share. */
import { ones, Parameter, tensor, zeros, type Tensor } from '@chainrule/autograd';
import * as nn from '../../src/index.js';

/** A module with all that a module can hold. */
export class Net extends nn.Module {
  hidden = new nn.Linear(3, 4);
  blocks = [new nn.Linear(4, 4), new nn.Linear(4, 4)];
  heads = new nn.ModuleDict({ forward: new nn.Linear(4, 2), b: new nn.Linear(4, 1) });
  norm = new nn.BatchNorm1d(4);
  scale = new Parameter(ones([4]));
  offset = this.registerBuffer('offset', zeros([4]));
  cache = this.registerBuffer('cache', zeros([2]), { persistent: false });
  notLearned = tensor([1, 2]);

  override forward(x: Tensor): Tensor {
    let y = this.norm.forward(this.hidden.forward(x));
    for (const block of this.blocks) y = block.forward(y).relu();
    return this.heads.get('forward').forward(y.mul(this.scale).add(this.offset));
  }
}

/** What `namedParameters` of the PyTorch model with these fields gives. */
export const NAMES = [
  'scale',
  'hidden.weight',
  'hidden.bias',
  'blocks.0.weight',
  'blocks.0.bias',
  'blocks.1.weight',
  'blocks.1.bias',
  'heads.forward.weight',
  'heads.forward.bias',
  'heads.b.weight',
  'heads.b.bias',
  'norm.weight',
  'norm.bias',
];

export function values(t: Tensor | undefined): number[] {
  return [...(t?.dataSync() ?? [])];
}
