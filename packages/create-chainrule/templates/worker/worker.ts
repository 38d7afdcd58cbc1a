import { Net } from './net.js';
import { train } from './train.js';

addEventListener('message', () => {
  for (const progress of train(new Net())) postMessage(progress);
});
