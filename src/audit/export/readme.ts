export interface ReadmeFacts {
  origin: string;
  entries: number;
  root: string;
  run: string | null;
  /** Hex. */
  governanceKey: string;
}

/** README.txt, for a person who knows nothing of us. */
export const readme = (facts: ReadmeFacts): string => `WHAT THIS IS

The record of what one computer program, a "Sovereign Node", did, in a form that you can check
yourself. You need not trust the node, its owner or whoever gave you this.

  log                ${facts.origin}
  entries            ${facts.entries}
  root of its tree   ${facts.root}
  artifacts of       ${facts.run === null ? 'every run' : `run ${facts.run}`}
  governance key     ${facts.governanceKey}

HOW TO CHECK IT

1. Ask the owner, by a way that you trust, for the file governance.pub.pem. There is one in keys/
   too, but whoever makes up a bundle also makes the keys in it.
2. On a Debian or similar system with openssl and jq:

     bash verify.sh /path/to/governance.pub.pem

   It says VERIFIED and ends with exit code 0, or says FAIL and at which check. Without a key it can only say
   UNAUTHENTICATED: that nothing was changed since it was made, but not by whom.

The script is itself part of the bundle. If you would rather not run it, read it: it is short, and uses
only sha256sum, openssl, jq and other stock tools. By hand, the two checks that carry all the others are

     sha256sum --check --strict SHA256SUMS
     openssl pkeyutl -verify -pubin -inkey governance.pub.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.ed25519

WHAT IS IN IT

  bundle.json        which log this is of, and which run's artifacts are here
  SHA256SUMS         the SHA-256 of every other file; SHA256SUMS.ed25519 and SHA256SUMS.sig sign it
  log/entries.jsonl  the log, one entry a line; each carries the hash of the line before it
  log/checkpoint     the size of the log and the root of the Merkle tree over it, signed by the log key
  attest/            statements about what each stage made, signed (DSSE, in-toto)
  artifacts/         what the stages made
  policy/            the texts of the policies that decided what was allowed
  keys/              the public keys, as the first log entry names them

WHAT verify.sh CHECKS AND WHAT IT DOES NOT

It checks that no file is missing, added or changed; the signatures of the list, of the checkpoint and of the statements;
the chain and the tree over the log; and that what the stages made is here. It does not check the work orders, approvals
and roles inside the log, one by one: "sovereign verify" and the Verify page of the app do.

Neither can know, from this bundle alone, whether the owner shows others a different log, whether the times
are true, or whether each decision follows from its policy. They say "unknown" there.
`;
