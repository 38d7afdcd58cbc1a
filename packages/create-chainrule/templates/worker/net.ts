/** The model: two layers of neurons. */
import type { Tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';

export class Net extends nn.Module {
  hidden = new nn.Linear(2, 32);
  out = new nn.Linear(32, 1);

  override forward(x: Tensor): Tensor {
    return this.out.forward(this.hidden.forward(x).tanh());
  }
}
