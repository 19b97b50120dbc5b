#!/bin/sh
# Check an evidence bundle with openssl and POSIX tools only: sh, sed, awk, od, base64, openssl 3.
#
#   sh verify.sh BUNDLE [VKEY]
#
# It checks the seal, the checkpoint, and for every entry its place in the log and its signature.
# The bundle's form, the index and the story are for the other verifiers. Exit 0: all of it holds;
# 1: the line that starts with BROKEN names what does not; 2: wrong usage.
set -eu
export LC_ALL=C

[ $# -ge 1 ] && [ -r "$1" ] || { echo "usage: sh verify.sh BUNDLE [VKEY]" >&2; exit 2; }
BUNDLE=$1 PINNED=${2-}
DIR=$(mktemp -d) && trap 'rm -rf "$DIR"' EXIT
broken() { echo "BROKEN: $1"; exit 1; }

# bytes on standard input <-> hexadecimal
to_hex() { od -An -v -tx1 | tr -d ' \n'; }
from_hex() {
    printf "$(awk '{ digits = "0123456789abcdef"
        for (i = 1; i < length($0); i += 2)
            printf "\\%03o", (index(digits, substr($0, i, 1)) - 1) * 16 + index(digits, substr($0, i + 1, 1)) - 1 }')"
}
sha256() { openssl dgst -sha256 -binary | to_hex; }
# one base64 text, in its one canonical spelling, to a file
decode() {
    printf '%s' "$1" | openssl base64 -d -A >"$2" 2>/dev/null || broken "$3: not base64"
    [ "$(openssl base64 -A <"$2")" = "$1" ] || broken "$3: not canonical base64"
}
# DSSE pre-authentication encoding: type, payload file
pae() { printf 'DSSEv1 %d %s %d ' "${#1}" "$1" "$(wc -c <"$2")"; cat "$2"; }
# message file, signature file
signed() {
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$DIR/key.der" -rawin -in "$1" -sigfile "$2" >/dev/null 2>&1
}

# --- the parts of the file: canonical JSON is one line, its names in order ---------------------
[ "$(tr -cd '\n' <"$BUNDLE" | wc -c)" -eq 0 ] || broken "bundle: not canonical JSON (a line break)"
sed -n 's/^{"body":\(.*\),"seal":"[^"]*"}$/\1/p' "$BUNDLE" | tr -d '\n' >"$DIR/body"
[ -s "$DIR/body" ] || broken "bundle: expected a body and a seal"
SEAL=$(sed -n 's/^.*,"seal":"\([^"]*\)"}$/\1/p' "$BUNDLE")
VKEY=$(sed -n 's/^.*"vkey":"\([^"]*\)"}$/\1/p' "$DIR/body")
ORIGIN=$(sed -n 's/^.*,"origin":"\([^"]*\)","scope":.*$/\1/p' "$DIR/body")
sed -n 's/^.*,"checkpoint":"\([^"]*\)","entries":\[.*$/\1/p' "$DIR/body" | sed 's/\\n/\
/g' >"$DIR/note"

# --- the key -------------------------------------------------------------------------------------
[ -z "$PINNED" ] || [ "$PINNED" = "$VKEY" ] || broken "key: the bundle is signed by another key than the one given"
NAME=${VKEY%%+*} REST=${VKEY#*+}
KEYID=${REST%%+*}
decode "${REST#*+}" "$DIR/key" "key"
[ "$(to_hex <"$DIR/key" | cut -c 1-2)" = 01 ] && [ "$(wc -c <"$DIR/key")" -eq 33 ] || broken "key: not Ed25519"
[ "$({ printf '%s\n' "$NAME"; cat "$DIR/key"; } | sha256 | cut -c 1-8)" = "$KEYID" ] || broken "key: its id is another's"
{ echo 302a300506032b6570032100 | from_hex; tail -c 32 "$DIR/key"; } >"$DIR/key.der"

# --- the checkpoint ------------------------------------------------------------------------------
sed '/^$/,$d' "$DIR/note" >"$DIR/text"
SIZE=$(sed -n 2p "$DIR/text") ROOT=$(sed -n 3p "$DIR/text")
[ "$(sed -n 1p "$DIR/text")" = "$ORIGIN" ] || broken "checkpoint: of another log than the bundle names"
# of the signature lines, the one by the log's key; those of witnesses are passed over
FOUND=
for ENCODED in $(awk -v name="$NAME" 'body && $2 == name { print $3 } /^$/ { body = 1 }' "$DIR/note"); do
    decode "$ENCODED" "$DIR/line" "checkpoint signature"
    [ "$(to_hex <"$DIR/line" | cut -c 1-8)" = "$KEYID" ] || continue
    tail -c +5 "$DIR/line" >"$DIR/sig"
    signed "$DIR/text" "$DIR/sig" || broken "checkpoint signature: does not verify"
    FOUND=yes
done
[ -n "$FOUND" ] || broken "checkpoint signature: none by the key that the bundle names"
echo "checkpoint ok: $ORIGIN, $SIZE entries"

# --- the seal over everything --------------------------------------------------------------------
decode "$SEAL" "$DIR/sig" "seal"
pae application/vnd.retention.evidence-bundle+json "$DIR/body" >"$DIR/message"
signed "$DIR/message" "$DIR/sig" || broken "seal: does not verify: something in the bundle was changed, added or left out"
echo "seal ok: the bundle is as it was exported"

# --- every entry: in the log at its number, and signed -------------------------------------------
# One line an entry: envelope, index, proof hashes.
sed -n 's/^.*,"entries":\[\(.*\)\],"format":.*$/\1/p' "$DIR/body" | sed 's/},{"envelope"/}\
{"envelope"/g' | sed 's/^{"envelope":"\([^"]*\)","index":\([0-9]*\),"proof":\[\(.*\)\]}$/\1 \2 \3/; s/[",]/ /g' >"$DIR/entries"
decode "$ROOT" "$DIR/raw" "checkpoint root"
WANTED=$(to_hex <"$DIR/raw")
COUNT=0
while read -r ENVELOPE INDEX PROOF || [ -n "$ENVELOPE" ]; do
    decode "$ENVELOPE" "$DIR/envelope" "entry $INDEX: envelope"
    # RFC 9162, section 2.1.3.2
    NODE=$({ printf '\000'; cat "$DIR/envelope"; } | sha256)
    [ "$INDEX" -lt "$SIZE" ] || broken "entry $INDEX: not in a log of $SIZE entries"
    FN=$INDEX SN=$((SIZE - 1))
    for HASH in $PROOF; do
        [ "$SN" -ne 0 ] || broken "entry $INDEX: inclusion proof: too long"
        decode "$HASH" "$DIR/raw" "entry $INDEX: inclusion proof"
        if [ $((FN % 2)) -eq 1 ] || [ "$FN" -eq "$SN" ]; then
            NODE=$({ printf '\001'; cat "$DIR/raw"; echo "$NODE" | from_hex; } | sha256)
            while [ "$FN" -ne 0 ] && [ $((FN % 2)) -eq 0 ]; do FN=$((FN / 2)) SN=$((SN / 2)); done
        else
            NODE=$({ printf '\001'; echo "$NODE" | from_hex; cat "$DIR/raw"; } | sha256)
        fi
        FN=$((FN / 2)) SN=$((SN / 2))
    done
    [ "$SN" -eq 0 ] && [ "$NODE" = "$WANTED" ] || broken "entry $INDEX: inclusion proof: not in the log of the checkpoint"
    sed 's/^{"payload":"\([^"]*\)".*$/\1/' "$DIR/envelope" >"$DIR/payload64"
    decode "$(cat "$DIR/payload64")" "$DIR/payload" "entry $INDEX: payload"
    decode "$(sed 's/^.*"sig":"\([^"]*\)"}\]}$/\1/' "$DIR/envelope")" "$DIR/sig" "entry $INDEX: signature"
    pae application/vnd.in-toto+json "$DIR/payload" >"$DIR/message"
    signed "$DIR/message" "$DIR/sig" || broken "entry $INDEX: signature: does not verify"
    COUNT=$((COUNT + 1))
done <"$DIR/entries"
[ "$COUNT" -gt 0 ] || broken "entries: expected at least one, found none"
[ "$COUNT" -eq "$(sed 's/{"envelope":/\
&/g' "$DIR/body" | grep -c '^{"envelope":')" ] || broken "entries: some could not be read"
echo "entries ok: $COUNT, each signed and in the log at its number"
[ -n "$PINNED" ] || echo "NOT PINNED: compare the key with the published one: $VKEY"
