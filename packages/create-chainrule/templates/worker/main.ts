import type { Progress } from './train.js';

const bar = document.querySelector<HTMLProgressElement>('#progress');
const log = document.querySelector('#log');

function show({ step, steps, loss }: Progress): void {
  if (bar) bar.value = step / steps;
  log?.append(`step ${step}: loss ${loss.toFixed(3)}\n`);
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }: MessageEvent<Progress>) => show(data);
worker.postMessage('train');
