import '../src/host/trusted-types';
import { serveShared } from '../src/node/realm/shared';

serveShared(self as unknown as Parameters<typeof serveShared>[0]);
