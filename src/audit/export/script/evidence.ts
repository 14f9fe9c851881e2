/** Statements, what the stages made, in-toto metadata, and the decisions. */
export const EVIDENCE = String.raw`
# A statement is signed by the governance key that it names, one of those that the log ever had.
statements() {
  mkdir "$svtmp/signers" || return 33
  sed -n 's/^governance //p' "$svtmp/keys" | sort -u > "$svtmp/governances"
  while read -r public; do
    printf %s "$public" | from_hex > "$svtmp/public" && pem "$svtmp/public" > "$svtmp/public.pem" || return 33
    id=$(openssl pkey -pubin -in "$svtmp/public.pem" -outform DER | sha256sum | cut -c 1-64)
    cat "$svtmp/public.pem" > "$svtmp/signers/$id"
  done < "$svtmp/governances"
  find attest -type f 2> /dev/null | sort > "$svtmp/attest"
  while read -r file; do
    jq -ej .payload "$file" | base64 -d > "$svtmp/payload" || return 33
    {
      printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(stat -c %s "$svtmp/payload")"
      cat "$svtmp/payload"
    } > "$svtmp/pae"
    jq -ej '.signatures[0].sig' "$file" | base64 -d > "$svtmp/sig" || return 33
    verify "$svtmp/signers/$(jq -r '.signatures[0].keyid' "$file")" "$svtmp/pae" "$svtmp/sig" || return 33
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

# Each trained model has a statement of its provenance (SLSA v1) that names it.
provenance() {
  jq -r --slurpfile about bundle.json 'select(.type == "STAGE_COMPLETED" and .data.type == "model_training") | .data
    | select($about[0].run == null or $about[0].run == .run)
    | .statement_sha256 + " " + .artifacts[0].sha256' log/entries.jsonl > "$svtmp/models" || return 33
  while read -r statement model; do
    file=$(grep "^$statement  attest/" SHA256SUMS | head -n 1 | cut -c 67-)
    jq -r .payload "$file" | base64 -d | jq -e --arg model "$model" '.predicateType == "https://slsa.dev/provenance/v1"
      and any(.subject[]; .digest.sha256 == $model)' || return 33
  done < "$svtmp/models"
}

# in-toto's name for a key: the SHA-256 of its canonical form.
in_toto_id() {
  printf '{"keyid_hash_algorithms":["sha256","sha512"],"keytype":"ed25519","keyval":{"public":"%s"},"scheme":"ed25519"}' \
    "$(raw_key "$1" | to_hex)" | sha256sum | cut -c 1-64
}

# in_toto_signed FILE KEY: what in-toto signs is, for plain ASCII, what jq prints.
in_toto_signed() {
  [ "$(jq -r '.signatures | length' "$1")" = 1 ] && [ "$(jq -r '.signatures[0].keyid' "$1")" = "$(in_toto_id "$2")" ] || return 33
  jq -cSj .signed "$1" > "$svtmp/canonical" && jq -r '.signatures[0].sig' "$1" | tr -d '\n' | from_hex > "$svtmp/sig" &&
    verify "$2" "$svtmp/canonical" "$svtmp/sig"
}

# Every link that a layout asks for is here and signed, and speaks of the files as they are.
in_toto() {
  find intoto -name root.layout 2> /dev/null | sort > "$svtmp/layouts"
  : > "$svtmp/ids"
  for name in node governance owner; do echo "$(in_toto_id "keys/$name.pub.pem") keys/$name.pub.pem" >> "$svtmp/ids"; done
  while read -r layout <&3; do
    in_toto_signed "$layout" "$key" || return 33
    folder=$(dirname "$layout")
    jq -r '.signed.steps[] | .name as $name | .pubkeys[] | $name + " " + .' "$layout" > "$svtmp/wanted" || return 33
    while read -r step id <&4; do
      link=$folder/$step.$(printf %s "$id" | cut -c 1-8).link
      [ "$(jq -r .signed.name "$link")" = "$step" ] || return 33
      in_toto_signed "$link" "$(grep "^$id " "$svtmp/ids" | cut -d ' ' -f 2)" || return 33
      jq -r '.signed.products | to_entries[] | .value.sha256 + "  " + .key' "$link" | sort > "$svtmp/products"
      sort SHA256SUMS | comm -23 "$svtmp/products" - | cmp - /dev/null || return 33
    done 4< "$svtmp/wanted"
  done 3< "$svtmp/layouts"
}

in_toto_tool() {
  while read -r layout <&3; do
    folder=$PWD/$(dirname "$layout")
    (cd "$svtmp" && in-toto-verify --layout "$folder/root.layout" --layout-keys "$folder/governance.pub.json" \
      --key-types ed25519 --link-dir "$folder") || return 33
  done 3< "$svtmp/layouts"
}

# Each decision that the log records is in the list of decisions, and no other. Whether it follows from the
# policies, "sovereign verify" finds out.
decisions() {
  jq -cS 'def decided($how; $asked; $told): select(($told.policies | type) == "array" and ($told.errors | type) == "array"
      and ($told.needed | type) == "number" and ($told.policy_sha256 | type) == "string")
    | {seq, request: ($asked | {principal, action, resource, context}), policy_sha256: $told.policy_sha256,
      decision: $how, policies: $told.policies, needed: $told.needed, errors: $told.errors};
    if .type == "EXECUTION_AUTHORIZED" and .data.order.decision.effect? == "allow" then
      decided("allow"; .data.request; {policies: .data.order.decision.policies, needed: .data.needed, errors: [],
        policy_sha256: .data.order.policy_sha256})
    elif .type == "APPROVAL_REQUESTED" then decided("allow"; .data.intent; .data + {errors: []})
    elif .type == "EXECUTION_BLOCKED" and .data.decided == true then decided("deny"; .data; .data + {needed: 0})
    else empty end' log/entries.jsonl > "$svtmp/decided" || return 33
  jq -cS . policy/decisions.jsonl | cmp - "$svtmp/decided"
}
`;
