/**
 * `verify.sh`: the same checks as far as a shell with stock Debian tools can do them. Integrity hangs on no single line:
 * the list of files is checked three times in different ways, and the exit code is 0 only when all checks were counted,
 * so that a change of any one byte of the script itself is found by what is left of it. 33 is the failing code because
 * no one-byte change makes it 0.
 */
export const VERIFY_SCRIPT = String.raw`#!/bin/bash
# Checks this bundle with stock tools: bash, coreutils, findutils, diffutils, sed, openssl, jq.
# Usage, with bash: verify.sh [governance.pub.pem]
# Give the governance key that you got from its owner, NOT the one in keys/: whoever made up a
# bundle also made the keys in it. Exit code 0 says that every check passed; README.txt lists them.
passed=
svtmp=
# First of all, and on the way out it can only turn success into failure, never the other way.
trap 'rm -rf -- "$svtmp"; [ "$passed" = "every check" ] || exit 33' EXIT
export LC_ALL=C
exec < /dev/null
shopt -s -o pipefail
good=0
pin=
if [ "$#" -gt 0 ]; then pin=$(realpath -e -- "$1") || exit 33; fi
cd "$(dirname -- "$0")" || exit 33
# Three small files an entry: in memory where there is room for them.
if [ -w /dev/shm ] && [ "$(wc -l < log/entries.jsonl)" -lt 100000 ]; then export TMPDIR=/dev/shm; fi
svtmp=$(mktemp -d) || exit 33

sha256sum --check --strict --quiet SHA256SUMS || exit 33

check() {
  what=$1
  shift
  if "$@" > "$svtmp/out" 2>&1; then
    good=$((good + 1))
    echo "ok    $what"
  else
    echo "FAIL  $what"
    head -n 3 "$svtmp/out"
    exit 33
  fi
}

listed() {
  find . ! -type f ! -type d | cmp - /dev/null || return 33
  find . -type f ! -path ./SHA256SUMS ! -path ./SHA256SUMS.ed25519 ! -path ./SHA256SUMS.sig -printf '%P\n' |
    sort > "$svtmp/found" && cut -c 67- SHA256SUMS | cmp - "$svtmp/found"
}

recounted() {
  xargs -d '\n' sha256sum -- < "$svtmp/found" | cmp - SHA256SUMS
}

# verify KEY MESSAGE SIGNATURE
verify() {
  openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$2" -sigfile "$3"
}

raw_key() {
  openssl pkey -pubin -in "$1" -outform DER | tail -c 32
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

ssh_tool() {
  command -v ssh-keygen || return 0
  ssh-keygen -Y verify -f keys/allowed_signers -I governance@sovereign -n sovereign-bundle \
    -s SHA256SUMS.sig < SHA256SUMS
}

keys_of_log() {
  for name in node governance log owner; do
    raw_key "keys/$name.pub.pem" | od -An -v -t x1 | tr -d ' \n' > "$svtmp/file" || return 33
    head -n 1 log/entries.jsonl | jq -j ".data.keys.$name" | cmp - "$svtmp/file" || return 33
  done
}

checkpoint() {
  [ "$(wc -l < log/checkpoint)" = 5 ] && [ -z "$(sed -n 4p log/checkpoint)" ] || return 33
  head -n 3 log/checkpoint > "$svtmp/head" &&
    sed -n 5p log/checkpoint | cut -d ' ' -f 3 | base64 -d | tail -c 64 > "$svtmp/headsig" &&
    verify keys/log.pub.pem "$svtmp/head" "$svtmp/headsig"
}

size() {
  [ "$(wc -l < log/entries.jsonl)" = "$(sed -n 2p log/checkpoint)" ]
}

# SHA-256 of each file in a directory, in order, by few processes.
hashes() {
  (cd "$1" && printf '%s\0' * | xargs -0 sha256sum) | cut -c 1-64
}

chain() {
  mkdir "$svtmp/lines" && split -l 1 -a 6 log/entries.jsonl "$svtmp/lines/" || return 33
  hashes "$svtmp/lines" > "$svtmp/linehash" && jq -r .prev log/entries.jsonl > "$svtmp/prev" || return 33
  { printf '%064d\n' 0 && head -n -1 "$svtmp/linehash"; } | cmp - "$svtmp/prev" || return 33
  jq -r .seq log/entries.jsonl > "$svtmp/seq" && seq 0 $(($(sed -n 2p log/checkpoint) - 1)) | cmp - "$svtmp/seq"
}

# RFC 6962, level by level: a leaf is SHA-256(00 line), a node SHA-256(01 left right), an odd last one moves up.
root() {
  mkdir "$svtmp/leaves" && sed 's/^/\x00/' log/entries.jsonl | split -l 1 -a 6 - "$svtmp/leaves/" || return 33
  hashes "$svtmp/leaves" > "$svtmp/level" || return 33
  count=$(wc -l < "$svtmp/level")
  while [ "$count" -gt 1 ]; do
    rm -rf -- "$svtmp/nodes" && mkdir "$svtmp/nodes" || return 33
    head -n $((count / 2 * 2)) "$svtmp/level" | paste -d '' - - | sed 's/^/01/' | tr a-f A-F |
      basenc --base16 -d | split -b 65 -a 6 - "$svtmp/nodes/" || return 33
    { hashes "$svtmp/nodes" && tail -n $((count % 2)) "$svtmp/level"; } > "$svtmp/next" || return 33
    mv "$svtmp/next" "$svtmp/level" || return 33
    count=$(wc -l < "$svtmp/level")
  done
  tr a-f A-F < "$svtmp/level" | basenc --base16 -d | base64 > "$svtmp/root"
  sed -n 3p log/checkpoint | cmp - "$svtmp/root"
}

statements() {
  find attest -type f 2> /dev/null | sort > "$svtmp/attest"
  while read -r file; do
    jq -ej .payload "$file" | base64 -d > "$svtmp/payload" || return 33
    {
      printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(stat -c %s "$svtmp/payload")"
      cat "$svtmp/payload"
    } > "$svtmp/pae"
    jq -ej '.signatures[0].sig' "$file" | base64 -d > "$svtmp/sig" || return 33
    verify "$key" "$svtmp/pae" "$svtmp/sig" || return 33
  done < "$svtmp/attest"
}

# What the finished stages of the covered run made is among the files; earlier bundles are not.
made() {
  jq -r --slurpfile about bundle.json 'select(.type == "STAGE_COMPLETED") | .data
    | select($about[0].run == null or $about[0].run == .run)
    | .statement_sha256, (select(.type != "audit_export") | .artifacts[].sha256)' log/entries.jsonl |
    sort -u > "$svtmp/made" || return 33
  cut -c 1-64 SHA256SUMS | sort -u | comm -13 - "$svtmp/made" | cmp - /dev/null
}

key=keys/governance.pub.pem
if [ -n "$pin" ]; then key=$pin; fi
check 'SHA256SUMS lists exactly these files' listed
check 'each file has the SHA-256 in the list' recounted
check 'the list is signed by the governance key' verify "$key" SHA256SUMS SHA256SUMS.ed25519
check 'the governance key is the one in the bundle' pinned
check 'the SSH signature of the list holds, byte for byte' ssh_signature
check 'ssh-keygen says so too, where installed' ssh_tool
check 'the keys are those in the first log entry' keys_of_log
check 'the checkpoint is signed by the log key' checkpoint
check 'the checkpoint counts the entries that are here' size
check 'the log is one unbroken chain' chain
check 'the tree over the log has the root in the checkpoint' root
check 'the statements are signed by the governance key' statements
check 'what the stages made is here' made

sha256sum --check --strict --status SHA256SUMS && [ "$good" = 13 ] && passed='every check'
[ "$passed" = 'every check' ] || exit 33
if [ -n "$pin" ]; then
  echo 'VERIFIED: intact, and signed by the key that you gave.'
else
  echo 'UNAUTHENTICATED: intact, but signed only by the key inside it, which anyone could have put there.'
  echo 'Ask the owner for governance.pub.pem, and give its path to this script.'
fi
`;
