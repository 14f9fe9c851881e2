export { Delivery, type DeliveryOptions, type Sent } from './delivery';
export type { Delivered, Keep } from './receiver';
export type { Settled } from './sender';
