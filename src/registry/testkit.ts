/** Authors with fixed keys, and packages that they signed. */
import { jcsBytes, sha256, sha256Hex, signerFromSeed, utf8, type Signer } from '../crypto';
import { manifestAddress, signManifest, type RegistryError, type SignedManifest, type SkillManifest } from './index';

export const author = (name: string): Promise<Signer> => signerFromSeed(sha256(utf8(`registry test ${name}`)));

/** The smallest module there is. */
export const MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

export function unsigned(over: Partial<SkillManifest> = {}): SkillManifest {
  return {
    v: 1,
    name: 'weather',
    version: '1.0.0',
    title: 'Weather',
    description: 'Says what the weather is like.',
    abi: 'raw',
    sha256: sha256Hex(MODULE),
    bytes: MODULE.length,
    capabilities: [{ grant: 'http.fetch:api.example.org', why: 'That is where the forecast is.' }],
    limits: {
      memoryPages: 16,
      // These run in real threads too, where a busy machine takes its time.
      wallMs: 30_000,
      outputBytes: 65536,
      gas: 1_000_000,
      hostCalls: 10,
      hostBytes: 65536,
    },
    licence: 'MIT',
    input: 'A place.',
    output: 'A sentence.',
    ...over,
  };
}

export interface Package {
  manifest: SignedManifest;
  bytes: Uint8Array;
  address: string;
}

export async function packageBy(signer: Signer, over: Partial<SkillManifest> = {}): Promise<Package> {
  const manifest = await signManifest(unsigned(over), signer);
  return { manifest, bytes: jcsBytes(manifest), address: manifestAddress(manifest) };
}

/** The code that `act` throws with; `undefined` when it does not throw. */
export function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as RegistryError).code;
  }
}
