import type { Json } from '../../protocol/json';

const KINDS: Readonly<Record<string, string>> = {
  APPROVAL_DECIDED: 'Note on an approval',
  TRUSTEES_SET: 'Name of a trustee',
};

/** What a personal field in an entry of this type is, for a person. */
export const personalKind = (type: string): string => KINDS[type] ?? 'Personal field';

export const personalText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
