import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadAssets } from '../../relay/assets';
import { respond } from '../../relay/respond';

/** The built app with its headers, behind a server that has nothing else: no relay, no witness, no STUN. */
export async function serveStatic(): Promise<{ origin: string; asked: string[]; close: () => Promise<void> }> {
  const assets = await loadAssets('dist/app');
  const asked: string[] = [];
  const health = () => {
    throw new Error('a static server has no health');
  };
  const server = createServer(({ method = '', url = '', headers }, response) => {
    asked.push(`${method} ${url}`);
    const target = url === '/healthz' ? '/none' : url;
    const answer = respond({ method, target, headers }, assets, health);
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { origin: `http://localhost:${port}`, asked, close };
}
