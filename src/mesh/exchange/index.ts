export { fetchContent, type ContentRequest } from './fetch';
export type { ContentStore } from './partial';
export { serveContent, type ContentServing } from './serve';
