/** RFC 9162 proofs, and the witnesses. */
export const PROOFS = String.raw`
# The hashes in a proof file, from after line $2 to the empty line, in hexadecimal, one a line.
proof_hashes() {
  sed '/^$/,$d' "$1" | sed "1,$2d" | while read -r hash; do
    printf %s "$hash" | base64 -d | to_hex && echo || return 33
  done
}

node() {
  printf '01%s%s' "$1" "$2" | from_hex | sha256sum | cut -c 1-64
}

# What follows the empty line is the checkpoint, byte for byte.
same_note() {
  sed '1,/^$/d' "$1" | cmp - log/checkpoint
}

# RFC 9162 section 2.1.3.2. included FILE
included() {
  at=$(sed -n 's/^index //p' "$1")
  [ "$1" = "proofs/$at.tlog-proof" ] && [ "$(head -n 1 "$1")" = 'c2sp.org/tlog-proof@v1' ] && same_note "$1" || return 33
  proof_hashes "$1" 2 > "$svtmp/proof" || return 33
  hash=$(sed -n "$((at + 1))p" "$svtmp/row0")
  last=$(($(sed -n 2p log/checkpoint) - 1))
  while read -r sibling; do
    [ "$last" != 0 ] || return 33
    if [ $((at % 2)) = 1 ] || [ "$at" = "$last" ]; then
      hash=$(node "$sibling" "$hash")
      while [ $((at % 2)) = 0 ] && [ "$at" != 0 ]; do at=$((at / 2)) last=$((last / 2)); done
    else
      hash=$(node "$hash" "$sibling")
    fi
    at=$((at / 2)) last=$((last / 2))
  done < "$svtmp/proof"
  [ "$last" = 0 ] && [ "$hash" = "$rootsum" ]
}

proved() {
  rootsum=$(cat "$svtmp/level")
  find proofs -name '*.tlog-proof' | sort > "$svtmp/proofs" && [ -s "$svtmp/proofs" ] || return 33
  while read -r file <&3; do included "$file" || return 33; done 3< "$svtmp/proofs"
}

# RFC 9162 section 2.1.4.2: the older checkpoint, where there is one, is of the same log.
extended() {
  [ -e log/checkpoint.old ] || [ -e proofs/consistency.txt ] || return 0
  signed_by_log log/checkpoint.old && same_note proofs/consistency.txt || return 33
  old=$(sed -n 2p log/checkpoint.old)
  [ "$(head -n 1 proofs/consistency.txt)" = "old $old" ] && [ "$old" -gt 0 ] || return 33
  oldroot=$(sed -n 3p log/checkpoint.old | base64 -d | to_hex)
  last=$(($(sed -n 2p log/checkpoint) - 1))
  at=$((old - 1))
  [ "$at" -lt "$last" ] || return 33
  while [ $((at % 2)) = 1 ]; do at=$((at / 2)) last=$((last / 2)); done
  { [ "$at" != 0 ] || echo "$oldroot"; } > "$svtmp/path"
  proof_hashes proofs/consistency.txt 1 >> "$svtmp/path" || return 33
  was=$(head -n 1 "$svtmp/path")
  is=$was
  sed 1d "$svtmp/path" > "$svtmp/proof"
  while read -r sibling; do
    [ "$last" != 0 ] || return 33
    if [ $((at % 2)) = 1 ] || [ "$at" = "$last" ]; then
      was=$(node "$sibling" "$was") is=$(node "$sibling" "$is")
      while [ $((at % 2)) = 0 ] && [ "$at" != 0 ]; do at=$((at / 2)) last=$((last / 2)); done
    else
      is=$(node "$is" "$sibling")
    fi
    at=$((at / 2)) last=$((last / 2))
  done < "$svtmp/proof"
  [ "$last" = 0 ] && [ "$was" = "$oldroot" ] && [ "$is" = "$(cat "$svtmp/level")" ]
}

# cosigned VKEY: prints when this witness saw the checkpoint, if it did.
cosigned() {
  name=$(printf %s "$1" | cut -d + -f 1)
  printf %s "$1" | cut -d + -f 3- | base64 -d > "$svtmp/vkey" || return 33
  [ "$(stat -c %s "$svtmp/vkey")" = 33 ] && [ "$(head -c 1 "$svtmp/vkey" | to_hex)" = 04 ] || return 33
  id=$({ printf '%s\n' "$name" && cat "$svtmp/vkey"; } | sha256sum | cut -c 1-8)
  [ "$id" = "$(printf %s "$1" | cut -d + -f 2)" ] || return 33
  tail -c 32 "$svtmp/vkey" > "$svtmp/witness" && pem "$svtmp/witness" > "$svtmp/witness.pem"
  sed 1,4d log/checkpoint > "$svtmp/cosigners"
  while read -r _ signer blob <&4; do
    printf %s "$blob" | base64 -d > "$svtmp/blob" || return 33
    [ "$signer" = "$name" ] && [ "$(head -c 4 "$svtmp/blob" | to_hex)" = "$id" ] || continue
    [ "$(stat -c %s "$svtmp/blob")" = 76 ] || return 33
    time=$(head -c 12 "$svtmp/blob" | tail -c 8 | od -An -v -t u8 --endian=big | tr -d ' ')
    { printf 'cosignature/v1\ntime %s\n' "$time" && body log/checkpoint; } > "$svtmp/message"
    tail -c 64 "$svtmp/blob" > "$svtmp/cosignature"
    verify "$svtmp/witness.pem" "$svtmp/message" "$svtmp/cosignature" > "$svtmp/answer" && echo "$time" && return 0
  done 4< "$svtmp/cosigners"
  return 1
}

# Enough of the witnesses that the policy names have cosigned the checkpoint. Names that did are files in met/.
witnessed() {
  mkdir "$svtmp/met" || return 33
  quorum=
  ours=0
  while read -r kind name value members <&3; do
    case $kind in
      # Their names become names of files.
      witness | group) printf %s "$name" | grep / && return 33 ;;
    esac
    case $kind in
      log) if [ "$name" = "$(cat keys/log.vkey)" ]; then ours=1; fi ;;
      witness) if time=$(cosigned "$value"); then echo "$time" > "$svtmp/met/$name"; fi ;;
      group)
        need=$value total=0 have=0
        for member in $members; do
          total=$((total + 1))
          if [ -e "$svtmp/met/$member" ]; then have=$((have + 1)); fi
        done
        if [ "$need" = any ]; then need=1; fi
        if [ "$need" = all ]; then need=$total; fi
        if [ "$have" -ge "$need" ]; then echo "$have" > "$svtmp/met/$name"; fi
        ;;
      quorum) quorum=$name ;;
      '' | \#*) ;;
      *) return 33 ;;
    esac
  done 3< "$trusted"
  [ "$ours" = 1 ] || { echo 'the policy is for another log' && return 33; }
  [ "$quorum" = none ] || [ -e "$svtmp/met/$quorum" ] || { echo 'too few witnesses saw it' && return 33; }
}
`;
