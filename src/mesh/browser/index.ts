import { openMesh, type MeshOptions, type RelayedMesh } from '../libp2p';
import type { RtcConnection } from '../nearby';
import { installRtc, type LentRtc } from '../rtc';

let connect: (() => RtcConnection) | undefined;

/**
 * The mesh in a browser's worker: with direct links over the WebRTC that tabs lend.
 * @param borrow a tab's WebRTC; may wait for a tab
 */
export async function openBrowserMesh(
  { iceServers = [], ...options }: Omit<MeshOptions, 'direct'>,
  borrow: () => Promise<LentRtc>,
): Promise<RelayedMesh> {
  connect ??= installRtc(borrow);
  const { webRTC } = await import('@libp2p/webrtc');
  // Always our own list: without one libp2p asks four public servers.
  const rtcConfiguration = { iceServers: iceServers.map((urls) => ({ urls })) };
  return openMesh({ ...options, direct: webRTC({ rtcConfiguration }) });
}

/** A connection for a link by codes: over a tab, and to the tab's own network only. */
export function connectBrowser(borrow: () => Promise<LentRtc>): RtcConnection {
  connect ??= installRtc(borrow);
  return connect();
}
