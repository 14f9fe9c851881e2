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

3. An owner could keep two logs and show each to another person. Witnesses are others who sign the
   newest root of each log that they see, and only ever one history of it. If you know some, write
   down whom you trust and how many must agree (the form is that of c2sp.org/tlog-policy; keys/policy.txt
   is the owner's own choice, to start from) and give that file too:

     bash verify.sh /path/to/governance.pub.pem /path/to/witnesses.txt

   It then also says WITNESSED, or FAIL.

The script is itself part of the bundle. If you would rather not run it, read it: it uses only bash, sha256sum,
openssl, jq and other stock tools. By hand, the two checks that carry all the others are

     sha256sum --check --strict SHA256SUMS
     openssl pkeyutl -verify -pubin -inkey governance.pub.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.ed25519

The same evidence can be read by tools that others wrote:

     ssh-keygen -Y verify -f keys/allowed_signers -r keys/revoked.krl -I governance@sovereign \\
       -n sovereign-bundle -s SHA256SUMS.sig < SHA256SUMS
     signify-openbsd -V -p keys/log.signify.pub -x log/checkpoint.body.sig -m log/checkpoint.body
     minisign -V -p keys/log.signify.pub -x log/checkpoint.body.minisig -m log/checkpoint.body
     in-toto-verify --layout root.layout --layout-keys governance.pub.json --key-types ed25519
                                (in intoto/ or in the folder of a run in it)

WHAT IS IN IT

  bundle.json        which log this is of, and which run's artifacts are here
  SHA256SUMS         the SHA-256 of every other file; SHA256SUMS.ed25519 and SHA256SUMS.sig sign it
  log/entries.jsonl  the log, one entry a line; each carries the hash of the line before it
  log/checkpoint     the size of the log and the root of the Merkle tree over it, signed by the log key
                     and by the witnesses that saw it; checkpoint.body* hold the same for other tools
  log/checkpoint.old an earlier one, if there is one; proofs/consistency.txt shows that the log only grew
  log/tile/          the hashes of the tree
  proofs/            for each entry that matters, that it is in the tree: one small file to pass on alone
  attest/            statements about what each stage made, signed (DSSE, in-toto, SLSA)
  intoto/            the same as in-toto layout and links; a promotion needs two signatures of two
  artifacts/         what the stages made
  executions/        what runs of skills (small programs) took and gave, so that they can be made again; and
                     a list of those of which that was left out
  policy/            the texts of the policies, and every decision about what was allowed
  time/              what a time-stamping authority says of when a checkpoint existed (RFC 3161)
  disclosed/         personal details that the owner chose to show; the log itself has only their hashes
  keys/              the public keys that the log has in force, when each could sign, and which are revoked

Not every bundle has every one of these.

WHAT verify.sh CHECKS AND WHAT IT DOES NOT

It checks that no file is missing, added or changed; the signatures of the list, of the checkpoints, of the statements
and of the in-toto links; the chain and the tree over the log with its tiles and proofs; that what the stages made is
here; that the decisions are those that the log records; and, if you name them, the witnesses. It does not check the
work orders, approvals, roles and key changes inside the log, one by one, nor whether each decision follows from
its policy: "sovereign verify" and the Verify page of the app do. With --replay the first also makes every run of a
skill again.

Nobody can know, from this bundle alone, whether the owner shows others a different log: an owner who
rewrites his own log and signs all of it again passes every check above that names no witness. Witnesses can
tell you, and so can an older checkpoint of this log that you kept.
`;
