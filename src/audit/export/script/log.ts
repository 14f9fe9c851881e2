/** The checkpoint, the chain and the tree with its tiles and proofs. */
export const LOG = String.raw`
# body NOTE: the text that is signed. signature LINE: the 64 bytes at the end of a signature line.
body() {
  sed '/^$/,$d' "$1"
}

signature() {
  printf %s "$1" | cut -d ' ' -f 3 | base64 -d | tail -c 64
}

# Signature lines by others than the log are checked against a policy, see below.
signed_by_log() {
  [ "$(wc -l < "$1")" -ge 5 ] && [ "$(body "$1" | wc -l)" = 3 ] && [ -z "$(sed -n 4p "$1")" ] || return 33
  sed 1,4d "$1" | grep -vE '^— [^ ]+ [A-Za-z0-9+/]+=*$' && return 33
  body "$1" > "$svtmp/head" && signature "$(sed -n 5p "$1")" > "$svtmp/headsig" &&
    [ "$(head -n 1 "$1")" = "$(head -n 1 log/checkpoint)" ] && verify keys/log.pub.pem "$svtmp/head" "$svtmp/headsig"
}

# The same signature in the files that signify and minisign read.
same_signature() {
  body log/checkpoint | cmp - log/checkpoint.body && signature "$(sed -n 5p log/checkpoint)" > "$svtmp/headsig" || return 33
  for file in log/checkpoint.body.sig log/checkpoint.body.minisig; do
    sed -n 2p "$file" | base64 -d | tail -c 64 | cmp - "$svtmp/headsig" || return 33
  done
  sed -n 3p log/checkpoint.body.minisig | cut -c 18- | tr -d '\n' | cat "$svtmp/headsig" - > "$svtmp/message"
  sed -n 4p log/checkpoint.body.minisig | base64 -d > "$svtmp/second" &&
    verify keys/log.pub.pem "$svtmp/message" "$svtmp/second"
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
# Every eighth level is what tiles hold.
root() {
  mkdir "$svtmp/leaves" && sed 's/^/\x00/' log/entries.jsonl | split -l 1 -a 6 - "$svtmp/leaves/" || return 33
  hashes "$svtmp/leaves" > "$svtmp/level" && cat "$svtmp/level" > "$svtmp/row0" || return 33
  size=$(wc -l < "$svtmp/level")
  count=$size
  height=0
  while [ "$count" -gt 1 ]; do
    rm -rf -- "$svtmp/nodes" && mkdir "$svtmp/nodes" || return 33
    head -n $((count / 2 * 2)) "$svtmp/level" | paste -d '' - - | sed 's/^/01/' | from_hex |
      split -b 65 -a 6 - "$svtmp/nodes/" || return 33
    { hashes "$svtmp/nodes" && tail -n $((count % 2)) "$svtmp/level"; } > "$svtmp/next" || return 33
    mv "$svtmp/next" "$svtmp/level" || return 33
    count=$(wc -l < "$svtmp/level")
    height=$((height + 1))
    if [ $((height % 8)) = 0 ]; then head -n $((size >> height)) "$svtmp/level" > "$svtmp/row$((height / 8))"; fi
  done
  from_hex < "$svtmp/level" | base64 > "$svtmp/root"
  sed -n 3p log/checkpoint | cmp - "$svtmp/root"
}

# tile_names LEVEL COUNT
tile_names() {
  for ((i = 0; i * 256 < $2; i++)); do
    printf -v name %03d $((i % 1000))
    for ((rest = i / 1000; rest > 0; rest /= 1000)); do printf -v name 'x%03d/%s' $((rest % 1000)) "$name"; done
    if [ $(((i + 1) * 256)) -gt "$2" ]; then name=$name.p/$(($2 % 256)); fi
    echo "log/tile/$1/$name"
  done
}

tiles() {
  level=0
  while [ -s "$svtmp/row$level" ]; do
    tile_names "$level" "$(wc -l < "$svtmp/row$level")" > "$svtmp/names"
    from_hex < "$svtmp/row$level" > "$svtmp/bytes" || return 33
    xargs -d '\n' cat -- < "$svtmp/names" | cmp - "$svtmp/bytes" || return 33
    cat "$svtmp/names" >> "$svtmp/alltiles"
    level=$((level + 1))
  done
  find log/tile -type f | sort > "$svtmp/found" && sort "$svtmp/alltiles" | cmp - "$svtmp/found"
}
`;
