/** @file The network that reads digits: two convolutions and a linear layer, 12,000 parameters. */
import { dropout, type Tensor } from '@chainrule/autograd';
import { Conv2d, Linear, Module } from '@chainrule/nn';

export class DigitNet extends Module {
  readonly conv1 = new Conv2d(1, 12, 5, { stride: 2, padding: 2 });
  readonly conv2 = new Conv2d(12, 24, 3, { stride: 2, padding: 1 });
  readonly hidden = new Linear(24 * 7 * 7, 64);
  readonly out = new Linear(64, 10);

  /** What each layer answers, from the image `[n, 1, 28, 28]` to the scores `[n, 10]`. */
  layers(x: Tensor): readonly [Tensor, Tensor, Tensor] {
    const first = this.conv1.forward(x).relu();
    const second = this.conv2.forward(first).relu();
    const flat = dropout(second.flatten({ startDim: 1 }), { p: 0.2, training: this.training });
    const scores = this.out.forward(this.hidden.forward(flat).relu());
    return [first, second, scores];
  }

  override forward(x: Tensor): Tensor {
    return this.layers(x)[2];
  }
}
