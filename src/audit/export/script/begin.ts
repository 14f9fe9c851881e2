/** Sets the guard and the first of three checks of the list; then what all checks share. */
export const BEGIN = String.raw`#!/bin/bash
# Checks this bundle with stock tools: bash, coreutils, findutils, diffutils, grep, sed, openssl, jq; with
# ssh-keygen, signify-openbsd, minisign and in-toto-verify too, where they are installed.
# Usage, with bash: verify.sh [governance.pub.pem [witness-policy.txt]]
# Give the governance key that you got from its owner, NOT the one in keys/: whoever made up a
# bundle also made the keys in it. The policy says which witnesses you trust (c2sp.org/tlog-policy).
# Exit code 0 says that every check passed; README.txt lists them.
passed=
svtmp=
# First of all, and on the way out it can only turn success into failure, never the other way.
trap 'rm -rf -- "$svtmp"; [ "$passed" = "every check" ] || exit 33' EXIT
export LC_ALL=C
exec < /dev/null
shopt -s -o pipefail
good=0
pin=
trusted=
if [ "$#" -gt 0 ]; then pin=$(realpath -e -- "$1") || exit 33; fi
if [ "$#" -gt 1 ]; then trusted=$(realpath -e -- "$2") || exit 33; fi
cd "$(dirname -- "$0")" || exit 33
# Three small files an entry: in memory where there is room for them.
if [ -w /dev/shm ] && [ "$(wc -l < log/entries.jsonl)" -lt 100000 ]; then export TMPDIR=/dev/shm; fi
svtmp=$(mktemp -d) || exit 33

sha256sum --check --strict --quiet SHA256SUMS || exit 33

# check WHAT COMMAND...
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

# check_with TOOL WHAT COMMAND...
check_with() {
  tool=$1
  shift
  if command -v "$tool" > "$svtmp/where"; then
    check "$@"
  else
    good=$((good + 1))
    echo "--    $1: not checked, $tool is not installed"
  fi
}

# verify KEY MESSAGE SIGNATURE
verify() {
  openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$2" -sigfile "$3"
}

raw_key() {
  openssl pkey -pubin -in "$1" -outform DER | tail -c 32
}

# Bytes to hexadecimal digits on one line, and back.
to_hex() {
  od -An -v -t x1 | tr -d ' \n'
}

from_hex() {
  tr a-f A-F | basenc --base16 -d
}

# A raw public key as PEM.
pem() {
  echo '-----BEGIN PUBLIC KEY-----'
  { printf '\60\52\60\5\6\3\53\145\160\3\41\0' && cat "$1"; } | base64 -w 0
  echo
  echo '-----END PUBLIC KEY-----'
}
`;
