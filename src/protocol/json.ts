/** Values that JSON can carry without loss (I-JSON, RFC 7493). */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}
