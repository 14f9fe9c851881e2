export { createReplay } from './engine';
export { ReplayPass } from './pass';
