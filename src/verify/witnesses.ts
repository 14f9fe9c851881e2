import { parseWitnessPolicy, verifyCosignature, WitnessPolicyError, type Note, type WitnessPolicy } from '../crypto';
import { VerifyError } from './types';

/** A cosignature that holds, by a witness that was asked about. */
export interface Cosigned {
  /** As the policy calls it. */
  witness: string;
  /** Unix seconds, by the witness's clock. */
  at: number;
}

/**
 * The witness policy that somebody hands over from outside.
 *
 * @throws VerifyError `bad_policy`.
 */
export function readPinnedPolicy(text: string): WitnessPolicy {
  try {
    // Mail and editors take off the last line feed, or put a carriage return before it.
    return parseWitnessPolicy(`${text.trimEnd().replaceAll('\r\n', '\n')}\n`);
  } catch (cause) {
    if (!(cause instanceof WitnessPolicyError)) throw cause;
    throw new VerifyError('bad_policy', `This is not a witness policy: ${cause.message}.`, {
      advice: cause.advice ?? 'Give the policy file that lists the witnesses whom you trust.',
      cause,
    });
  }
}

/** Who of the policy's witnesses cosigned the note, earliest first. */
export async function cosignedBy(note: Note, policy: WitnessPolicy): Promise<Cosigned[]> {
  const found: Cosigned[] = [];
  for (const [witness, key] of policy.witnesses) {
    const at = await verifyCosignature(note, key);
    if (at !== undefined) found.push({ witness, at });
  }
  return found.sort((a, b) => a.at - b.at);
}

/** By when (unix seconds) enough of them had cosigned; `undefined` when they are not enough. */
export function quorumTime(cosigned: readonly Cosigned[], policy: WitnessPolicy): number | undefined {
  const names = new Set<string>();
  for (const { witness, at } of cosigned) {
    names.add(witness);
    if (policy.satisfied(names)) return at;
  }
  return undefined;
}
