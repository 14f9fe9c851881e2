/** Real witnesses for a node in a test, and the wire to them: `fetch` without a network. */
import { signerFromSeed } from '../../crypto';
import { Witness } from '../../witness';
import { memoryStore } from '../../witness/testkit';
import type { Fetch } from './ask';

/** Witnesses by address; one that is not there cannot be reached. */
export class TestNetwork {
  readonly witnesses = new Map<string, Witness>();
  /** Addresses asked, in order. */
  readonly asked: string[] = [];
  /** Answers in place of a witness, when it returns something. */
  meddle: (url: string) => Response | undefined = () => undefined;

  readonly fetch: Fetch = async (url, { method = 'GET', body }) => {
    this.asked.push(url);
    const meddled = this.meddle(url);
    if (meddled) return meddled;
    const [address, witness] = [...this.witnesses].find(([prefix]) => url.startsWith(`${prefix}/`)) ?? [];
    if (!witness) throw new TypeError('fetch failed');
    const name = url.slice(address!.length + 1);
    const bytes = new TextEncoder().encode(body as string | undefined);
    if (method === 'POST') {
      const reply = name === 'add-log' ? await witness.addLog(bytes) : await witness.addCheckpoint(bytes);
      return new Response(reply.body, { status: reply.status, headers: { 'Content-Type': reply.type } });
    }
    const text = name === 'vkey' ? witness.vkey : witness.checkpoint(name.split('/')[0]!);
    return text === undefined ? new Response('', { status: 404 }) : new Response(text);
  };

  /** Sets up a witness at `address`. Its memory lasts as long as this network. */
  async add(address: string, seed: number): Promise<Witness> {
    const witness = new Witness({
      name: `witness.example/${seed}`,
      signer: await signerFromSeed(new Uint8Array(32).fill(seed)),
      clock: { now: () => 1_800_000_000_000 },
      store: memoryStore(),
      logs: [],
      open: true,
    });
    this.witnesses.set(address, witness);
    return witness;
  }
}
