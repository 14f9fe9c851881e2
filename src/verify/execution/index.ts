export { allowedBy, strayed } from './orders';
export { ExecutionPass } from './pass';
