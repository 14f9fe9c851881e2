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
/** Where paths part and meet; the number is the construct's. Before a branch to its label, or before its live `else` or `end`. */
export const join = 9;
/** Before an `if`; at its `else`, where what held at the `if` holds again; at an `end` that branches may lead to. */
export const fork = 10;
export const again = 11;
export const met = 12;
/** As `join`, before a br_table: of its labels the outermost. If that is in a loop, all are. */
export const table = 13;
