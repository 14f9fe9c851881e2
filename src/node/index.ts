/** The node as a realm's entry file makes it: a pure factory over what the realm lends. */
export * from './types';
export { createNode } from './node';
