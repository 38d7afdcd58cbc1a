import { manualSeed } from '@chainrule/autograd';
import { Net } from './net.js';
import { train } from './train.js';

addEventListener('message', () => {
  manualSeed(0); // the same numbers every time
  for (const progress of train(new Net())) postMessage(progress);
});
