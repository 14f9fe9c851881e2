import {
  Batch,
  CALLS,
  parseBatch,
  STATE_EVENTS,
  type ConnectionFacts,
  type FromTab,
  Turns,
  type ToTab,
} from '../../mesh/lend';
import { TabChannels } from './channels';

/**
 * Lends this tab's WebRTC over a port; see src/mesh/lend.ts. What was made over the port ends with the answer's call,
 * or with the tab.
 */
export function serveRtc(port: MessagePort): () => void {
  const turns = new Turns();
  const out = new Batch<FromTab>(turns);
  out.start(port);
  const connections = new TabConnections(out);
  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    for (const asked of parseBatch<ToTab>(data)) connections.take(asked);
  };
  return () => {
    connections.close();
    port.close();
    turns.close();
  };
}

class TabConnections {
  readonly channels: TabChannels;
  readonly #out: Batch<FromTab>;
  readonly #connections = new Map<number, RTCPeerConnection>();

  constructor(out: Batch<FromTab>) {
    this.#out = out;
    this.channels = new TabChannels(out);
  }

  take(asked: ToTab): void {
    switch (asked.type) {
      case 'connect':
        return this.#connect(asked.connection, asked.iceServers);
      case 'call':
        return void this.#call(asked);
      case 'close':
        return this.#end(asked.connection);
      case 'open': {
        const connection = this.#connections.get(asked.connection);
        const create = () => connection?.createDataChannel(asked.label);
        return this.channels.open(asked.channel, create, () => this.#channelEnded(asked.connection));
      }
      case 'send':
        return this.channels.send(asked.channel, asked.data);
      case 'shut':
        return this.channels.shut(asked.channel);
    }
  }

  close(): void {
    for (const connection of this.#connections.keys()) this.#end(connection);
  }

  #connect(name: number, iceServers: RTCIceServer[]): void {
    let connection: RTCPeerConnection;
    try {
      connection = new RTCPeerConnection({ iceServers });
    } catch {
      return this.#dead(name);
    }
    this.#connections.set(name, connection);
    for (const event of STATE_EVENTS) {
      connection.addEventListener(event, () =>
        this.#out.push({ type: 'state', connection: name, event, facts: factsOf(connection) }),
      );
    }
    connection.addEventListener('connectionstatechange', () => this.#watchOther(name, connection));
    connection.onicecandidate = ({ candidate }) =>
      this.#out.push({ type: 'candidate', connection: name, candidate: candidate && { ...candidate.toJSON() } });
    connection.ondatachannel = ({ channel }) => {
      // In this very task, so that none of its messages is missed.
      const channelName = this.channels.adopt(channel, () => this.#channelEnded(name));
      const { label, id } = channel;
      this.#out.push({ type: 'incoming', connection: name, channel: channelName, label, id });
    };
  }

  /** That the other side is gone shows here at once; `connectionState` follows 14 s later. */
  #watchOther(name: number, connection: RTCPeerConnection): void {
    const transport = connection.sctp?.transport;
    if (connection.connectionState !== 'connected' || !transport) return;
    transport.onstatechange = () => this.#checkDead(name);
  }

  /**
   * When the other side is gone its channels end first, and that looks as if it had ended them. So the transport is asked
   * before an end is told: by the time that the statistics are there, it knows.
   */
  async #channelEnded(name: number): Promise<void> {
    await this.#connections.get(name)?.getStats();
    this.#checkDead(name);
  }

  #checkDead(name: number): void {
    const state = this.#connections.get(name)?.sctp?.transport.state;
    if (state === 'closed' || state === 'failed') this.#dead(name);
  }

  #dead(name: number): void {
    this.#end(name);
    this.#out.push({ type: 'dead', connection: name });
  }

  #end(name: number): void {
    this.#connections.get(name)?.close();
    this.#connections.delete(name);
  }

  async #call({ connection: name, call, method, argument }: Extract<ToTab, { type: 'call' }>): Promise<void> {
    const connection = this.#connections.get(name);
    try {
      if (!connection || !CALLS.includes(method)) throw new DOMException('it is gone', 'InvalidStateError');
      const result = await (connection[method] as (argument?: unknown) => Promise<unknown>).call(connection, argument);
      this.#out.push({ type: 'answer', call, result: toPlain(result), facts: factsOf(connection) });
    } catch (error) {
      const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
      this.#out.push({ type: 'failed', call, name: kind, message });
    }
  }
}

function toPlain(result: unknown): unknown {
  if (result instanceof RTCStatsReport) {
    const stats: unknown[] = [];
    result.forEach((one) => stats.push(one));
    return stats;
  }
  return toDescription(result as RTCSessionDescriptionInit | null | undefined);
}

const toDescription = (
  description: RTCSessionDescriptionInit | null | undefined,
): { type: string; sdp: string } | null =>
  description ? { type: description.type, sdp: description.sdp ?? '' } : null;

const factsOf = (connection: RTCPeerConnection): ConnectionFacts => ({
  connectionState: connection.connectionState,
  iceConnectionState: connection.iceConnectionState,
  iceGatheringState: connection.iceGatheringState,
  signalingState: connection.signalingState,
  localDescription: toDescription(connection.localDescription),
  remoteDescription: toDescription(connection.remoteDescription),
});
