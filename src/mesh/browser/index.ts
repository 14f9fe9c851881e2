import { openMesh, type MeshOptions, type RelayedMesh } from '../libp2p';
import { installRtc, type LentRtc } from '../rtc';

let installed = false;

/**
 * The mesh in a browser's worker: with direct links over the WebRTC that tabs lend.
 * @param borrow a tab's WebRTC; may wait for a tab
 */
export async function openBrowserMesh(
  { iceServers = [], ...options }: Omit<MeshOptions, 'direct'>,
  borrow: () => Promise<LentRtc>,
): Promise<RelayedMesh> {
  if (!installed) installRtc(borrow);
  installed = true;
  const { webRTC } = await import('@libp2p/webrtc');
  // Always our own list: without one libp2p asks four public servers.
  const rtcConfiguration = { iceServers: iceServers.map((urls) => ({ urls })) };
  return openMesh({ ...options, direct: webRTC({ rtcConfiguration }) });
}
