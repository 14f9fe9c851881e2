import { SovereignError } from '../protocol/errors';

export type NodeCode =
  | 'bad_request' // not of the contract's form
  | 'unknown_request'
  | 'not_built' // a later part of the product; nothing pretends to be it
  | 'not_ready' // booting
  | 'locked'
  | 'halted'
  | 'reload_needed' // another version took over the store
  | 'subsystem_down'
  | 'overloaded'
  | 'not_found'
  | 'refused' // asked from another device, which may not
  | 'asset_unavailable' // a file of the app itself cannot be fetched
  | 'no_host'
  | 'bad_timestamp' // no timestamp token, or not of a checkpoint of this log
  | 'timeout';

export class NodeError extends SovereignError<NodeCode> {
  override readonly name = 'NodeError';
}
