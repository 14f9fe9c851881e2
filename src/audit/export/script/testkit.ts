/** Lays bundles into directories of their own and runs the script in them, as a stranger would. For tests. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { publicKeyPem, type Signer } from '../../../crypto';
import type { BundleFile } from '../../../protocol/bundle';

const TOOLS =
  'base64 basenc bash cat cmp comm cut dirname find grep head jq mkdir mktemp mv od openssl paste realpath rm sed seq ' +
  'sha256sum sort split stat tail timeout tr wc xargs';

export interface Ended {
  status: number | null;
  said: string;
}

export class ScriptBench {
  readonly home = mkdtempSync(join(tmpdir(), 'sovereign-sh-'));
  /** Holds only what the script may use: a changed byte must not call whatever else the machine has (`ex`, of `export`). */
  readonly bin = join(this.home, 'bin');
  #count = 0;

  /** @param pinned the governance key that is in `pin.pem` */
  constructor(pinned: Signer) {
    mkdirSync(this.bin);
    for (const tool of TOOLS.split(' '))
      symlinkSync(spawnSync('which', [tool], { encoding: 'utf8' }).stdout.trim(), join(this.bin, tool));
    this.pin('pin.pem', pinned);
  }

  pin(name: string, { publicKey }: Signer): void {
    writeFileSync(join(this.home, name), publicKeyPem(publicKey));
  }

  /** A new directory with these files. */
  lay(files: readonly BundleFile[]): string {
    const dir = join(this.home, `bundle-${this.#count++}`);
    for (const { path, bytes } of files) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), bytes);
    }
    return dir;
  }

  /** @param given names of files in `home`: the key, and the witness policy */
  run(dir: string, given: readonly string[] = ['pin.pem'], env: NodeJS.ProcessEnv = process.env): Ended {
    const args = ['verify.sh', ...given.map((name) => join(this.home, name))];
    const { status, stdout } = spawnSync('bash', args, { cwd: dir, env, encoding: 'latin1' });
    return { status, said: stdout };
  }

  close(): void {
    rmSync(this.home, { recursive: true });
  }
}
