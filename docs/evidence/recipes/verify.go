// Check an evidence bundle with Go's own transparency-log packages (those of the module checksum
// database), which are not ours: golang.org/x/mod/sumdb/note and .../tlog.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run verify.go BUNDLE [VKEY]
//
// (Debian: golang-go, golang-golang-x-mod-dev)
//
// It checks the checkpoint, the place of every entry in the log, every signature, the seal, the
// log's index, and for a period that the log only grew. Exit 0: all holds; 1: BROKEN says what
// does not; 2: wrong usage.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type entry struct {
	Envelope []byte
	Index    int64
	Proof    [][]byte
}

type body struct {
	Before *struct {
		Checkpoint string
		Proof      [][]byte
	}
	Checkpoint string
	Entries    []entry
	Index      *struct {
		At    int64
		Heads []struct {
			Key   string
			Place int64
			Proof [][]byte
		}
	}
	Origin string
	Vkey   string
}

type predicate struct {
	Kind    string
	CaseId  *string
	Dataset *string
	HoldId  string
	Rules   []string
	Entries int64
	Keys    int64
	Root    string
}

func broken(what string, err error) {
	if err != nil {
		what += ": " + err.Error()
	}
	fmt.Println("BROKEN: " + what)
	os.Exit(1)
}

func must(err error, what string) {
	if err != nil {
		broken(what, err)
	}
}

func hashes(parts [][]byte, what string) (out []tlog.Hash) {
	for _, part := range parts {
		var hash tlog.Hash
		if copy(hash[:], part) != tlog.HashSize || len(part) != tlog.HashSize {
			broken(what+": a hash is not 32 bytes", nil)
		}
		out = append(out, hash)
	}
	return out
}

// checkpoint opens a signed note and reads origin, size and root.
func checkpoint(text string, verifier note.Verifier, origin string) (int64, tlog.Hash) {
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	must(err, "checkpoint signature")
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != origin {
		broken("checkpoint: of another log, or of another form", nil)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "checkpoint: size")
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err, "checkpoint: root")
	return size, hashes([][]byte{root}, "checkpoint: root")[0]
}

func pae(kind string, payload []byte) []byte {
	return append([]byte(fmt.Sprintf("DSSEv1 %d %s %d ", len(kind), kind, len(payload))), payload...)
}

// opened checks an envelope's signature and returns the predicate inside.
func opened(item entry, key ed25519.PublicKey) (told predicate) {
	where := fmt.Sprintf("entry %d: ", item.Index)
	var envelope struct {
		Payload     []byte
		PayloadType string
		Signatures  []struct{ Sig []byte }
	}
	must(json.Unmarshal(item.Envelope, &envelope), where+"envelope")
	if len(envelope.Signatures) != 1 ||
		!ed25519.Verify(key, pae(envelope.PayloadType, envelope.Payload), envelope.Signatures[0].Sig) {
		broken(where+"signature: does not verify", nil)
	}
	var statement struct{ Predicate predicate }
	must(json.Unmarshal(envelope.Payload, &statement), where+"statement")
	return statement.Predicate
}

// filed says whether the log's index files a statement under the key.
func filed(told predicate, key string) bool {
	kind, name, _ := strings.Cut(key, ":")
	switch kind {
	case "case":
		return told.CaseId != nil && *told.CaseId == name
	case "dataset":
		return told.Dataset != nil && *told.Dataset == name
	}
	for _, rule := range told.Rules {
		if rule == name {
			return true
		}
	}
	return told.Kind == "kept" && told.HoldId == name
}

// whole checks the index: the log counts for each key the entries that are here, and no others.
func whole(bundle body, told map[int64]predicate, size int64) {
	index, known := told[bundle.Index.At]
	if !known || index.Kind != "logIndex" || index.Entries > bundle.Index.At {
		broken("index: the bundle does not hold the entry that it names", nil)
	}
	for at := index.Entries; at < size; at++ {
		if _, known := told[at]; !known {
			broken(fmt.Sprintf("index: entry %d after the index's end is missing", at), nil)
		}
	}
	root, err := hex.DecodeString(index.Root)
	must(err, "index: root")
	for _, head := range bundle.Index.Heads {
		filing, count := sha256.New(), 0
		for _, item := range bundle.Entries {
			if item.Index < index.Entries && filed(told[item.Index], head.Key) {
				leaf := tlog.RecordHash(item.Envelope)
				binary.Write(filing, binary.BigEndian, item.Index)
				filing.Write(leaf[:])
				count++
			}
		}
		line := fmt.Sprintf(`{"count":%d,"digest":"%x","key":"%s"}`, count, filing.Sum(nil), head.Key)
		proof := tlog.RecordProof(hashes(head.Proof, "index: proof"))
		tree := hashes([][]byte{root}, "index: root")[0]
		must(tlog.CheckRecord(proof, index.Keys, tree, head.Place, tlog.RecordHash([]byte(line))),
			"index: the log counts other entries of "+head.Key)
	}
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: go run verify.go BUNDLE [VKEY]")
		os.Exit(2)
	}
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot read the bundle")
		os.Exit(2)
	}
	var sealed struct {
		Body json.RawMessage
		Seal []byte
	}
	must(json.Unmarshal(data, &sealed), "bundle")
	var bundle body
	must(json.Unmarshal(sealed.Body, &bundle), "body")
	exact := fmt.Sprintf(`{"body":%s,"seal":"%s"}`, sealed.Body, base64.StdEncoding.EncodeToString(sealed.Seal))
	if !bytes.Equal(data, []byte(exact)) {
		broken("bundle: not in its one spelling", nil)
	}
	if len(os.Args) > 2 && os.Args[2] != bundle.Vkey {
		broken("key: the bundle is signed by another key than the one given", nil)
	}
	verifier, err := note.NewVerifier(bundle.Vkey)
	must(err, "key")
	raw, err := base64.StdEncoding.DecodeString(strings.SplitN(bundle.Vkey, "+", 3)[2])
	must(err, "key")
	key := ed25519.PublicKey(raw[1:])

	size, root := checkpoint(bundle.Checkpoint, verifier, bundle.Origin)
	fmt.Printf("checkpoint ok: %s, %d entries (sumdb/note)\n", bundle.Origin, size)
	if !ed25519.Verify(key, pae("application/vnd.retention.evidence-bundle+json", sealed.Body), sealed.Seal) {
		broken("seal: does not verify: something in the bundle was changed, added or left out", nil)
	}
	told := map[int64]predicate{}
	for _, item := range bundle.Entries {
		proof := tlog.RecordProof(hashes(item.Proof, "inclusion proof"))
		must(tlog.CheckRecord(proof, size, root, item.Index, tlog.RecordHash(item.Envelope)),
			fmt.Sprintf("entry %d: inclusion proof", item.Index))
		told[item.Index] = opened(item, key)
	}
	if len(told) == 0 || len(told) != len(bundle.Entries) {
		broken("entries: expected at least one, each once", nil)
	}
	fmt.Printf("entries ok: %d, each signed and in the log at its number (sumdb/tlog)\n", len(told))
	if bundle.Index != nil {
		whole(bundle, told, size)
		fmt.Printf("index ok: nothing is missing of %d cases, rules and datasets\n", len(bundle.Index.Heads))
	} else {
		first, last := bundle.Entries[0].Index, bundle.Entries[len(bundle.Entries)-1].Index
		if last-first+1 != int64(len(told)) {
			broken("entries: expected every number from the first to the last, found a gap", nil)
		}
		if (first > 0) != (bundle.Before != nil) {
			broken("before: expected a checkpoint before the first entry", nil)
		}
		if bundle.Before != nil {
			earlier, old := checkpoint(bundle.Before.Checkpoint, verifier, bundle.Origin)
			proof := tlog.TreeProof(hashes(bundle.Before.Proof, "consistency proof"))
			if earlier != first {
				broken("before: expected the checkpoint that ends where the first entry begins", nil)
			}
			must(tlog.CheckTree(proof, size, root, earlier, old), "before: consistency proof")
			fmt.Printf("log ok: %d entries grew to %d, none was rewritten (sumdb/tlog)\n", earlier, size)
		}
	}
	if len(os.Args) < 3 {
		fmt.Println("NOT PINNED: compare the key with the published one: " + bundle.Vkey)
	}
}
