/** @file Arithmetic of sizes, in types: sums and products of any length. Checked by `tsc`, never run. */
import type { Product, Reduced, Reshaped, Shape, Sum } from '@chainrule/autograd';
import { same } from './expect.js';

same<Product<[64, 784]>, 50176>();
same<Product<[]>, 1>();
same<Product<[0, 999999, 7]>, 0>();
same<Product<[1, 3, 224, 224]>, 150528>();
same<Product<[1024, 1024, 1024]>, 1073741824>();
same<Product<[99, 99, 99]>, 970299>();
same<Product<[2, number]>, number>();
same<Product<[1.5, 2]>, number>();
same<Sum<99, 999>, 1098>();
same<Sum<0, 3>, 3>();
same<Sum<number, 3>, number>();
same<Reduced<[2, 3, 4], 0 | 1>, Shape>();
same<Reduced<[2, 3], number | undefined>, Shape>();
same<Reduced<Shape, 0>, Shape>();
same<Reshaped<[6], [2, -1]>, [2, number]>();
same<Reshaped<[number, 2, 3], [number, -1]>, [number, number]>();
same<Reshaped<Shape, [-1, 784]>, [number, 784]>();
// @ts-expect-error the product is 6
same<Product<[2, 3]>, 7>();
