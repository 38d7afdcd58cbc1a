import { manualSeed } from '@chainrule/autograd';
import { Net } from './net.js';
import { train } from './train.js';

manualSeed(0); // the same numbers every time
for (const { step, loss } of train(new Net())) console.log(`step ${step}: loss ${loss.toFixed(3)}`);
