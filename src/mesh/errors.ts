import { SovereignError } from '../protocol/errors';

export type MeshCode =
  | 'unreachable' // no way to the peer now; it may come back
  | 'protocol_refused' // the peer does not speak the protocol, or not to us
  | 'not_a_member'
  | 'stream_reset' // the other side, or what carries the stream, ended it
  | 'frame_too_long'
  | 'frame_malformed'
  | 'unknown_request'
  | 'invitation_expired'
  | 'invitation_used'
  | 'invitation_malformed'
  | 'wrong_key'
  | 'overloaded' // a queue or a quota is full; nothing of the request was done
  | 'timeout'
  | 'digest_mismatch' // bytes are not what their name says
  | 'bad_signature'
  | 'refused'; // the peer understood and said no; `details.code` has its reason where it gave one

export class MeshError extends SovereignError<MeshCode> {
  override readonly name = 'MeshError';
}
