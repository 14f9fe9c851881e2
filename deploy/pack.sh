#!/bin/sh
# Packs all that a relay needs to run, but for Node itself, into dist/sovereign-relay.tgz: the server and the app, the
# packages that the server uses (JavaScript alone, for any machine), and this folder.
set -eu
cd "$(dirname "$0")/.."
[ -d node_modules/vite ] || npm ci
npm run build
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
mkdir -p "$out/sovereign-node/dist"
cp package.json package-lock.json "$out/sovereign-node/"
cp -R dist/app dist/relay "$out/sovereign-node/dist/"
cp -R deploy "$out/sovereign-node/"
(cd "$out/sovereign-node" && npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund)
tar -czf dist/sovereign-relay.tgz -C "$out" sovereign-node
echo "Packed dist/sovereign-relay.tgz"
