export { invalid } from './instrument/refuse';
