/** WebAssembly core 2.0, §5.5.2. */
export const types = 1;
export const imports = 2;
export const functions = 3;
export const tables = 4;
export const memories = 5;
export const globals = 6;
export const exports = 7;
export const start = 8;
export const elements = 9;
export const code = 10;
export const data = 11;
export const dataCount = 12;
export const tags = 13;

/** The order in which sections come: data count stands between elements and code. Custom sections (0) are anywhere. */
export const ORDER = [
  0,
  types,
  imports,
  functions,
  tables,
  memories,
  globals,
  exports,
  start,
  elements,
  dataCount,
  code,
  data,
];
