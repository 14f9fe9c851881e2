/** The list of files, its signatures, and the keys. */
export const LIST = String.raw`
listed() {
  find . ! -type f ! -type d | cmp - /dev/null || return 33
  find . -type f ! -path ./SHA256SUMS ! -path ./SHA256SUMS.ed25519 ! -path ./SHA256SUMS.sig -printf '%P\n' |
    sort > "$svtmp/found" && cut -c 67- SHA256SUMS | cmp - "$svtmp/found"
}

recounted() {
  xargs -d '\n' sha256sum -- < "$svtmp/found" | cmp - SHA256SUMS
}

pinned() {
  raw_key "$key" > "$svtmp/raw" && raw_key keys/governance.pub.pem | cmp - "$svtmp/raw"
}

# The SSH signature file is rebuilt from its last 64 bytes, the rest of it being fixed.
ssh_signature() {
  sed '1d;$d' SHA256SUMS.sig | base64 -d | tail -c 64 > "$svtmp/ssh" || return 33
  {
    printf 'SSHSIG\0\0\0\20sovereign-bundle\0\0\0\0\0\0\0\6sha512\0\0\0\100'
    openssl dgst -sha512 -binary SHA256SUMS
  } > "$svtmp/signed"
  {
    printf 'SSHSIG\0\0\0\1\0\0\0\63\0\0\0\13ssh-ed25519\0\0\0\40'
    cat "$svtmp/raw"
    printf '\0\0\0\20sovereign-bundle\0\0\0\0\0\0\0\6sha512\0\0\0\123\0\0\0\13ssh-ed25519\0\0\0\100'
    cat "$svtmp/ssh"
  } > "$svtmp/blob"
  {
    echo '-----BEGIN SSH SIGNATURE-----'
    base64 -w 70 "$svtmp/blob"
    echo '-----END SSH SIGNATURE-----'
  } | cmp - SHA256SUMS.sig && verify "$key" "$svtmp/signed" "$svtmp/ssh"
}

# When the last entry was written: keys have a time in which they may sign, and some are revoked.
ssh_tool() {
  last=$(tail -n 1 log/entries.jsonl | jq -r '.ts[0:19]' | tr -d ':T-') || return 33
  ssh-keygen -Y verify -f keys/allowed_signers -r keys/revoked.krl -I governance@sovereign -n sovereign-bundle \
    -O "verify-time=$last"Z -s SHA256SUMS.sig < SHA256SUMS
}

# The keys in force at the end of the log: those of its first entry, and what replaced them since.
keys_of_log() {
  jq -r 'if .type == "GENESIS" then .data.keys | to_entries[] | .key + " " + .value
    elif .type == "KEY_ROTATED" then .data.rotation | .purpose + " " + .key
    elif .type == "RECOVERY" then "owner " + .data.recovery.key
    else empty end' log/entries.jsonl > "$svtmp/keys" || return 33
  for name in node governance log owner; do
    raw_key "keys/$name.pub.pem" | to_hex > "$svtmp/file" || return 33
    grep "^$name " "$svtmp/keys" | tail -n 1 | cut -d ' ' -f 2 | tr -d '\n' | cmp - "$svtmp/file" || return 33
  done
}

# The same keys once more, as other tools want them.
other_keys() {
  origin=$(head -n 1 log/checkpoint)
  raw_key keys/log.pub.pem > "$svtmp/log" || return 33
  id=$({ printf '%s\n\1' "$origin" && cat "$svtmp/log"; } | sha256sum | cut -c 1-8)
  echo "$origin+$id+$({ printf '\1' && cat "$svtmp/log"; } | base64 -w 0)" | cmp - keys/log.vkey || return 33
  grep -qxF "log $(cat keys/log.vkey)" keys/policy.txt || return 33
  number=$(sha256sum "$svtmp/log" | cut -c 1-16)
  {
    echo "untrusted comment: public key of $origin"
    { printf 'Ed' && printf %s "$number" | from_hex && cat "$svtmp/log"; } | base64 -w 0
    echo
  } | cmp - keys/log.signify.pub || return 33
  # The last line is the key in force; what is before the key, ssh-keygen reads.
  { printf '\0\0\0\13ssh-ed25519\0\0\0\40' && cat "$svtmp/raw"; } | base64 -w 0 > "$svtmp/ssh-key"
  tail -n 1 keys/allowed_signers | cut -d ' ' -f 4 | tr -d '\n' | cmp - "$svtmp/ssh-key"
}
`;
