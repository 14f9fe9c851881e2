export { ExecutionPass } from './pass';
