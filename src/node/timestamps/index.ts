export { attachTimestamp, prepareTimestamp } from './attach';
export { newestStamped } from './book';
