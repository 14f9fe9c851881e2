// Checks the log of a bundle with Go's own transparency-log packages: note, tlog. Usage: go run . <bundle directory>
package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Hashes to a tile: 2^8.
const tileHeight = 8

func main() {
	if len(os.Args) != 2 {
		fail("usage: go run . <bundle directory>")
	}
	dir := os.Args[1]
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read(dir, "keys/log.vkey"))))
	must(err)
	head := open(read(dir, "log/checkpoint"), verifier)
	say("note.Open: the checkpoint of %s, %d entries", verifier.Name(), head.N)

	lines := bytes.SplitAfter(read(dir, "log/entries.jsonl"), []byte("\n"))
	lines = lines[:len(lines)-1]
	hashes := store(lines)
	root, err := tlog.TreeHash(int64(len(lines)), hashes)
	must(err)
	if int64(len(lines)) != head.N || root != head.Hash {
		fail("the root over %d entries is not the checkpoint's", len(lines))
	}
	say("tlog.TreeHash: the root over the entries is the checkpoint's")

	checkTiles(dir, head, hashes)
	checkProofs(dir, head, lines)
	checkOlder(dir, head, verifier)
	fmt.Println("ALL PASS")
}

// Where tlog keeps the hashes of a tree.
func store(lines [][]byte) tlog.HashReader {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			out[i] = stored[at]
		}
		return out, nil
	})
	for i, line := range lines {
		more, err := tlog.StoredHashes(int64(i), line, reader)
		must(err)
		stored = append(stored, more...)
	}
	return reader
}

// The tiles in the bundle are those that tlog makes, under C2SP's paths: tlog's, without the height.
func checkTiles(dir string, head tlog.Tree, hashes tlog.HashReader) {
	expected := map[string]bool{}
	for _, tile := range tlog.NewTiles(tileHeight, 0, head.N) {
		data, err := tlog.ReadTileData(tile, hashes)
		must(err)
		path := "log/tile/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
		if !bytes.Equal(data, read(dir, path)) {
			fail("%s is not the tile of the tree", path)
		}
		expected[path] = true
	}
	must(filepath.WalkDir(filepath.Join(dir, "log", "tile"), func(path string, entry fs.DirEntry, err error) error {
		must(err)
		name, err := filepath.Rel(dir, path)
		must(err)
		if !entry.IsDir() && !expected[filepath.ToSlash(name)] {
			fail("%s is no tile of the tree", name)
		}
		return nil
	}))
	say("tlog.ReadTileData: all %d tiles", len(expected))
}

func checkProofs(dir string, head tlog.Tree, lines [][]byte) {
	files, err := filepath.Glob(filepath.Join(dir, "proofs", "*.tlog-proof"))
	must(err)
	if len(files) == 0 {
		fail("there is no inclusion proof")
	}
	checkpoint := read(dir, "log/checkpoint")
	for _, file := range files {
		top, hashes := proof(read("", file), checkpoint)
		if len(top) != 2 || top[0] != "c2sp.org/tlog-proof@v1" {
			fail("%s has another head", file)
		}
		index := number(strings.TrimPrefix(top[1], "index "))
		must(tlog.CheckRecord(hashes, head.N, head.Hash, index, tlog.RecordHash(lines[index])))
	}
	say("tlog.CheckRecord: %d entries are in the tree", len(files))
}

func checkOlder(dir string, head tlog.Tree, verifier note.Verifier) {
	text, err := os.ReadFile(filepath.Join(dir, "log", "checkpoint.old"))
	if os.IsNotExist(err) {
		return
	}
	must(err)
	older := open(text, verifier)
	top, hashes := proof(read(dir, "proofs/consistency.txt"), read(dir, "log/checkpoint"))
	if len(top) != 1 || number(strings.TrimPrefix(top[0], "old ")) != older.N {
		fail("the consistency proof is of another checkpoint")
	}
	must(tlog.CheckTree(hashes, head.N, head.Hash, older.N, older.Hash))
	say("tlog.CheckTree: the tree of %d extends that of %d", head.N, older.N)
}

// A checkpoint whose signature holds.
func open(text []byte, verifier note.Verifier) tlog.Tree {
	signed, err := note.Open(text, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(signed.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		fail("a checkpoint has other lines")
	}
	return tlog.Tree{N: number(lines[1]), Hash: hash(lines[2])}
}

// The head lines and the hashes of a proof file, which ends in the checkpoint.
func proof(file, checkpoint []byte) (head []string, hashes []tlog.Hash) {
	top, rest, found := strings.Cut(string(file), "\n\n")
	if !found || rest != string(checkpoint) {
		fail("a proof does not end in the checkpoint")
	}
	for _, line := range strings.Split(top, "\n") {
		if strings.Contains(line, " ") || strings.HasPrefix(line, "c2sp.org/") {
			head = append(head, line)
		} else {
			hashes = append(hashes, hash(line))
		}
	}
	return head, hashes
}

func hash(text string) (out tlog.Hash) {
	raw, err := base64.StdEncoding.DecodeString(text)
	must(err)
	if len(raw) != len(out) {
		fail("a hash has %d bytes", len(raw))
	}
	copy(out[:], raw)
	return out
}

func number(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	must(err)
	return value
}

func read(dir, path string) []byte {
	content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
	must(err)
	return content
}

func say(format string, args ...any) { fmt.Printf("PASS "+format+"\n", args...) }

func must(err error) {
	if err != nil {
		fail("%v", err)
	}
}

func fail(format string, args ...any) {
	fmt.Printf("FAIL "+format+"\n", args...)
	os.Exit(1)
}
