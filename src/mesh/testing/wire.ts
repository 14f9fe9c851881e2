/** A wire to a server that can be cut, as the death of the process at its end would cut it: without a word to anybody. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Wire {
  port: number;
  cut(): void;
}

export async function wireTo(port: number): Promise<Wire> {
  const sockets = new Set<Socket>();
  const server = createServer((caller) => {
    const far = connect(port, '127.0.0.1');
    for (const one of [caller, far]) sockets.add(one.on('error', () => undefined));
    caller.pipe(far).pipe(caller);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
