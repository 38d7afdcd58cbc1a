/** @file stub */
import type { LoopKernel, MatmulKernel } from '../../engine/kernel.js';
export function matmulAsLoop(kernel: MatmulKernel): LoopKernel { const r=kernel.batch.length; const s=(x: readonly number[],k:(number)[])=>k.map(i=>x[i]as number);
const B=kernel.batch.map((_,i)=>i);
return {kind:'loop',outer:[...kernel.batch,kernel.m,kernel.n],inner:[kernel.k],inputs:[{...kernel.a,strides:[...s(kernel.a.strides,[...B,r]),0,kernel.a.strides[r+1]!]},{...kernel.b,strides:[...s(kernel.b.strides,B),0,kernel.b.strides[r+1]!,kernel.b.strides[r]!]}],body:[{kind:'load',input:0,dtype:kernel.a.dtype},{kind:'load',input:1,dtype:kernel.b.dtype},{kind:'op',op:'mul',args:[0,1],dtype:kernel.out.dtype},{kind:'reduce',op:'sum',arg:2,dtype:kernel.out.dtype}],outputs:[{...kernel.out,value:3}]};}
export function compileMatmul(..._: unknown[]): never { throw new Error(); }
