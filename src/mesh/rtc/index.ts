import { StandInChannel } from './data-channel';
import { StandInCandidate, StandInConnection, StandInDescription, type Configuration } from './peer-connection';
import { TabLink, type LentRtc } from './tab-link';

export type { LentRtc } from './tab-link';

/**
 * Gives this worker the WebRTC classes that its realm lacks, over whatever tab `borrow` finds; the next connection after
 * that tab closed is made over another. Call it before `@libp2p/webrtc` is loaded, which looks for them then.
 *
 * @param borrow may wait for a tab; what was begun meanwhile waits with it
 * @returns what makes a connection that asks no server for anything
 */
export function installRtc(borrow: () => Promise<LentRtc>): () => StandInConnection {
  let link: TabLink | undefined;
  class Connection extends StandInConnection {
    constructor(configuration?: Configuration) {
      if (!link || link.isOver) link = new TabLink(borrow());
      super(link, configuration);
    }
  }
  Object.assign(globalThis, {
    RTCPeerConnection: Connection,
    RTCDataChannel: StandInChannel,
    RTCSessionDescription: StandInDescription,
    RTCIceCandidate: StandInCandidate,
  });
  return () => new Connection();
}
