import { Net } from './net.js';
import { train } from './train.js';

for (const { step, loss } of train(new Net())) console.log(`step ${step}: loss ${loss.toFixed(3)}`);
