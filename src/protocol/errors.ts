/**
 * One error class for every realm. Each domain narrows `C` to its own closed union of codes, so a `switch` over
 * `error.code` is checked by the compiler. `advice` is one sentence for a person: what to do now.
 */
export class SovereignError<C extends string = string> extends Error {
  override readonly name: string = 'SovereignError';
  readonly code: C;
  readonly advice: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: C, message: string, options: ErrorOptions_ = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.advice = options.advice;
    this.details = options.details ?? {};
  }
}

export interface ErrorOptions_ {
  /** What went wrong underneath. Never sent over a wire: it may hold more than the other side should see. */
  cause?: unknown;
  advice?: string;
  /** Small JSON facts about the failure, e.g. `{ line: 3, column: 7 }`. Never key material. */
  details?: Readonly<Record<string, unknown>>;
}

/** What crosses a port or a socket in place of an error. */
export interface WireError {
  code: string;
  message: string;
  advice?: string;
  details?: Record<string, unknown>;
}

/** Any thrown value as a {@link WireError}. An unknown throw becomes `internal`, without its stack. */
export function toWireError(thrown: unknown): WireError {
  if (thrown instanceof SovereignError) {
    const { code, message, advice, details } = thrown as SovereignError;
    return {
      code,
      message,
      ...(advice === undefined ? {} : { advice }),
      ...(Object.keys(details).length === 0 ? {} : { details: { ...details } }),
    };
  }
  return { code: 'internal', message: thrown instanceof Error ? thrown.message : String(thrown) };
}

/** The other direction: what a client throws when it got a {@link WireError}. */
export function fromWireError(wire: WireError): SovereignError {
  return new SovereignError(wire.code, wire.message, {
    ...(wire.advice === undefined ? {} : { advice: wire.advice }),
    ...(wire.details === undefined ? {} : { details: wire.details }),
  });
}
