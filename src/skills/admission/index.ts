/** What looks into a module's bytes, by itself: the node asks for it seldom, and does not load it before. */
export { admitModule } from '../admit';
