/** Freezes plain JSON all the way down. */
export function deepFreeze<T extends object>(value: T): T {
  for (const key of Object.keys(value)) {
    const inner = (Object.getOwnPropertyDescriptor(value, key) as { value?: unknown }).value;
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  }
  return Object.freeze(value);
}

/** Whether nobody can change this JSON any more, at any depth. */
export function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen);
}
