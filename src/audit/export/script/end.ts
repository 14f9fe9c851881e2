/** All checks in order, and the verdict: only when each of them was counted, and the list holds for the third time. */
export const END = String.raw`
key=keys/governance.pub.pem
if [ -n "$pin" ]; then key=$pin; fi
check 'SHA256SUMS lists exactly these files' listed
check 'each file has the SHA-256 in the list' recounted
check 'the list is signed by the governance key' verify "$key" SHA256SUMS SHA256SUMS.ed25519
check 'the governance key is the one in the bundle' pinned
check 'the SSH signature of the list holds, byte for byte' ssh_signature
check_with ssh-keygen 'ssh-keygen says so too, and that the key is not revoked' ssh_tool
check 'the keys are those that the log has in force' keys_of_log
check 'the other key files hold the same keys' other_keys
check 'the checkpoint is signed by the log key' signed_by_log log/checkpoint
check 'the forms for signify and minisign are the same' same_signature
check_with signify-openbsd 'signify says so too' signify-openbsd -V -q -p keys/log.signify.pub \
  -x log/checkpoint.body.sig -m log/checkpoint.body
check_with minisign 'minisign says so too' minisign -V -q -p keys/log.signify.pub \
  -x log/checkpoint.body.minisig -m log/checkpoint.body
check 'the checkpoint counts the entries that are here' size
check 'the log is one unbroken chain' chain
check 'the tree over the log has the root in the checkpoint' root
check 'the tiles are those of the tree' tiles
check 'the entries that matter are proved one by one' proved
check 'the log continues its older checkpoint' extended
check 'the statements are signed by the governance key' statements
check 'what the stages made is here' made
check 'each trained model has its provenance' provenance
check 'the in-toto links are complete and signed' in_toto
check_with in-toto-verify 'in-toto-verify says so too' in_toto_tool
check 'the decisions are those that the log records' decisions
if [ -n "$trusted" ]; then
  check 'enough of your witnesses saw this checkpoint' witnessed
else
  good=$((good + 1))
fi

sha256sum --check --strict --status SHA256SUMS && [ "$good" = 25 ] && passed='every check'
[ "$passed" = 'every check' ] || exit 33
if [ -z "$trusted" ]; then
  echo 'NOT WITNESSED: the owner could show others another log. Give the policy of witnesses that you trust.'
elif [ "$quorum" = none ]; then
  echo 'NOT WITNESSED: the policy that you gave asks for no witness.'
else
  echo "WITNESSED: the policy that you gave is satisfied by $(cd "$svtmp/met" && echo *)."
fi
if [ -n "$pin" ]; then
  echo 'VERIFIED: intact, and signed by the key that you gave.'
else
  echo 'UNAUTHENTICATED: intact, but signed only by the key inside it, which anyone could have put there.'
  echo 'Ask the owner for governance.pub.pem, and give its path to this script.'
fi
`;
