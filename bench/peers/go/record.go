// Records of containerd's image shape, byte for byte those of ../record.cc.
package main

import "fmt"

var labelKeys = [3]string{
	"containerd.io/distribution.source.registry.example.com",
	"io.cri-containerd.image",
	"io.cri-containerd.pinned",
}

type record struct {
	name      []byte
	createdAt []byte
	updatedAt []byte
	mediaType []byte
	digest    []byte
	size      []byte
	labels    [3][]byte
}

func goTime(seconds uint64) []byte {
	bytes := make([]byte, 15)
	bytes[0] = 1
	rest := 63_000_000_000 + seconds
	for at := 8; at >= 1; at-- {
		bytes[at] = byte(rest)
		rest >>= 8
	}
	bytes[13], bytes[14] = 0xff, 0xff
	return bytes
}

func mixed(number uint64) uint64 {
	number += 0x9e3779b97f4a7c15
	number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9
	number = (number ^ (number >> 27)) * 0x94d049bb133111eb
	return number ^ (number >> 31)
}

func makeDigest(number uint64) string {
	digest := "sha256:"
	for part := uint64(0); part < 4; part++ {
		digest += fmt.Sprintf("%016x", mixed(number*4+part))
	}
	return digest
}

const rareLabel = "foreign"

func makeRecord(number uint64) record {
	second := "managed"
	if number%1000 == 0 {
		second = rareLabel
	}
	return record{
		name:      []byte(fmt.Sprintf("registry.example.com/team/app-%08x:v1", uint32(number*2654435761))),
		createdAt: goTime(number),
		updatedAt: goTime(number),
		mediaType: []byte("application/vnd.oci.image.manifest.v1+json"),
		digest:    []byte(makeDigest(number)),
		size:      []byte{byte(0x80 | number<<1&127), byte(0x80 | (number>>6)&127), 9},
		labels:    [3][]byte{[]byte("team/app"), []byte(second), []byte("pinned")},
	}
}

// blob is a blob's record. Its labels keep other blobs alive.
type blob struct {
	digest    []byte
	createdAt []byte
	size      []byte
	labels    [][2][]byte
}

const layers = 6

func makeBlobs(number uint64) []blob {
	image := makeRecord(number)
	newBlob := func(digest string) blob {
		source := [2][]byte{[]byte(labelKeys[0]), image.labels[0]}
		return blob{[]byte(digest), image.createdAt, image.size, [][2][]byte{source}}
	}
	blobs := []blob{newBlob(string(image.digest))}
	for part := uint64(0); part <= layers; part++ {
		child := makeDigest(1<<32 + number*(layers+1) + part)
		name := "config"
		if part > 0 {
			name = fmt.Sprintf("l.%d", part-1)
		}
		reference := [2][]byte{[]byte("containerd.io/gc.ref.content." + name), []byte(child)}
		blobs[0].labels = append(blobs[0].labels, reference)
		blobs = append(blobs, newBlob(child))
	}
	return blobs
}

func changedTime(number uint64) []byte { return goTime(number + 1_000_000) }

// checksum is what a reader saw, in any order.
type checksum uint64

func (c *checksum) add(bytes []byte) { see(c, bytes) }

func (c *checksum) addString(text string) { see(c, text) }

func see[T []byte | string](c *checksum, bytes T) {
	if len(bytes) == 0 {
		return
	}
	*c += checksum(len(bytes)*65536 + int(bytes[0])*256 + int(bytes[len(bytes)-1]))
}
