export { Topics, type Heard, type TopicsOptions } from './topics';
