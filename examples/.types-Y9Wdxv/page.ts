import { tensor } from '@chainrule/autograd';
import { encodeSafetensors } from '@chainrule/autograd/io';
const x = tensor([1, 2]);
export const blob = new Blob([encodeSafetensors({ x }), x.dataSync()]);
export const sent = fetch('/x', { method: 'POST', body: encodeSafetensors({ x }) });
export const later = x.data().then((values) => new Blob([values]));
