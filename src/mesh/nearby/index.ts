/** Links without any server: two devices on one network exchange two codes, and a WebRTC connection stands. */
export * from './code';
export { NearbyLink, type RtcChannel, type RtcConnection } from './link';
export { NearbyLinks } from './links';
