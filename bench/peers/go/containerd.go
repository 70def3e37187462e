// containerd's metadata.DB and its image store, through its API alone, over the bolt that bbolt.go opens.
package main

import (
	"context"
	_ "crypto/sha256" // go-digest refuses algorithms that are not linked
	"encoding/binary"
	"sync"

	"github.com/containerd/containerd/images"
	"github.com/containerd/containerd/metadata"
	"github.com/containerd/containerd/namespaces"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	bolt "go.etcd.io/bbolt"
)

type containerdPeer struct {
	boltFile
	metadata *metadata.DB
	images   images.Store
	ctx      context.Context

	openContent sync.Once
	content     *metadata.DB
}

func main() { runRows(&containerdPeer{}) }

// open passes no content store and no snapshotters: nothing that is measured reaches for them.
func (p *containerdPeer) open(directory string) {
	p.openBolt(directory)
	p.ctx = namespaces.WithNamespace(context.Background(), "default")
	p.metadata = metadata.NewDB(p.db, nil, nil)
	check(p.metadata.Init(p.ctx))
	p.images = metadata.NewImageStore(p.metadata)
}

// imageOf leaves the times out: containerd sets its own.
func imageOf(r *record) images.Image {
	size, _ := binary.Varint(r.size)
	labels := make(map[string]string, len(labelKeys))
	for n, key := range labelKeys {
		labels[key] = string(r.labels[n])
	}
	target := ocispec.Descriptor{MediaType: string(r.mediaType), Digest: digest.Digest(r.digest), Size: size}
	return images.Image{Name: string(r.name), Labels: labels, Target: target}
}

func (p *containerdPeer) create(records []record) {
	if len(records) == 1 {
		_, err := p.images.Create(p.ctx, imageOf(&records[0]))
		check(err)
		return
	}
	check(p.metadata.Update(func(tx *bolt.Tx) error {
		ctx := metadata.WithTransactionContext(p.ctx, tx)
		for n := range records {
			if _, err := p.images.Create(ctx, imageOf(&records[n])); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (p *containerdPeer) update(name, _, label []byte) {
	key := labelKeys[len(labelKeys)-1]
	changed := images.Image{Name: string(name), Labels: map[string]string{key: string(label)}}
	_, err := p.images.Update(p.ctx, changed, "labels."+key)
	check(err)
}

func (p *containerdPeer) remove(name []byte) { check(p.images.Delete(p.ctx, string(name))) }

// Of a time the checksum takes length, first and last byte, which all times in UTC have in common.
var anyTime = goTime(0)

func seeImage(image *images.Image, seen *checksum) {
	if !image.CreatedAt.IsZero() && !image.UpdatedAt.IsZero() {
		seen.add(anyTime)
		seen.add(anyTime)
	}
	seen.addString(string(image.Target.Digest))
	seen.addString(image.Target.MediaType)
	var size [binary.MaxVarintLen64]byte
	seen.add(size[:binary.PutVarint(size[:], image.Target.Size)])
	for key, value := range image.Labels {
		seen.addString(key)
		seen.addString(value)
	}
}

func (p *containerdPeer) get(name []byte, seen *checksum) {
	image, err := p.images.Get(p.ctx, string(name))
	check(err)
	seeImage(&image, seen)
}

func (p *containerdPeer) list(seen *checksum) { p.listFiltered(seen) }

func (p *containerdPeer) listMatching(filter string, seen *checksum) { p.listFiltered(seen, filter) }

func (p *containerdPeer) listFiltered(seen *checksum, filters ...string) {
	all, err := p.images.List(p.ctx, filters...)
	check(err)
	for n := range all {
		seen.addString(all[n].Name)
		seeImage(&all[n], seen)
	}
}
