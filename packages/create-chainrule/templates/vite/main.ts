import { Net } from './net.js';
import { STEPS, train, type Progress } from './train.js';

const bar = document.querySelector<HTMLProgressElement>('#progress');
const log = document.querySelector('#log');

function show({ step, loss }: Progress): void {
  if (bar) bar.value = step / STEPS;
  log?.append(`step ${step}: loss ${loss.toFixed(3)}\n`);
}

for (const progress of train(new Net())) {
  show(progress);
  await new Promise(requestAnimationFrame); // the page is drawn in between
}
