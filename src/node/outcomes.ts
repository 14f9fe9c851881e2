import type { AuditLog, Entry } from '../audit';

/** The entry in which an order's effect ended. @param from where its authorisation stands, or before */
export async function outcomeOfOrder(log: AuditLog, orderId: string, from: number): Promise<Entry | undefined> {
  for await (const entry of log.entries(from, log.size)) {
    const { type, data } = entry;
    if ((type === 'EXECUTION_COMPLETED' || type === 'EXECUTION_FAILED') && data['order_id'] === orderId) return entry;
  }
  return undefined;
}
