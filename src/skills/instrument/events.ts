/** Kinds of places where code is put in or changed. */
export const charge = 0;
export const loop = 1;
export const nan = 2;
export const leave = 3;
export const call = 4;
export const tailCall = 5;
export const grow = 6;
export const tableGrow = 7;
export const bulk = 8;
