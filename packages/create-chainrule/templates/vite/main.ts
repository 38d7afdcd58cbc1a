import { manualSeed } from '@chainrule/autograd';
import { Net } from './net.js';
import { train, type Progress } from './train.js';

const bar = document.querySelector<HTMLProgressElement>('#progress');
const log = document.querySelector('#log');

function show({ step, steps, loss }: Progress): void {
  if (bar) bar.value = step / steps;
  log?.append(`step ${step}: loss ${loss.toFixed(3)}\n`);
}

manualSeed(0); // the same numbers every time
for (const progress of train(new Net())) {
  show(progress);
  await new Promise(requestAnimationFrame); // the page is drawn in between
}
