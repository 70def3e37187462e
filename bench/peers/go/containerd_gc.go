// containerd's collector, on blobs that have records but no files.
package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/content/local"
	"github.com/containerd/containerd/metadata"
	bolt "go.etcd.io/bbolt"
)

func (p *containerdPeer) add(blobs []blob) {
	check(p.metadata.Update(func(tx *bolt.Tx) error {
		all := tx.Bucket([]byte("v1")).Bucket([]byte("default"))
		for _, name := range []string{"content", "blob"} {
			var err error
			all, err = all.CreateBucketIfNotExists([]byte(name))
			check(err)
		}
		for n := range blobs {
			putBlob(all, &blobs[n])
		}
		return nil
	}))
}

func putBlob(all *bolt.Bucket, b *blob) {
	record, err := all.CreateBucket(b.digest)
	check(err)
	check(record.Put([]byte("createdat"), b.createdAt))
	check(record.Put([]byte("updatedat"), b.createdAt))
	check(record.Put([]byte("size"), b.size))
	labels, err := record.CreateBucket([]byte("labels"))
	check(err)
	for _, label := range b.labels {
		check(labels.Put(label[0], label[1]))
	}
}

// A collection marks in a read transaction and then writes. On a file that is open for reading alone it ends when it has
// marked, which nothing else in the package's API does.
func (p *containerdPeer) beginMarking() { p.reopen(true) }

func (p *containerdPeer) mark() {
	if _, err := p.metadata.GarbageCollect(p.ctx); !errors.Is(err, bolt.ErrDatabaseReadOnly) {
		panic("the collection did not end where it begins to write")
	}
}

func (p *containerdPeer) endMarking() { p.reopen(false) }

// reopen gives the collector a store of files, which it looks through for what it is to remove: there are none.
func (p *containerdPeer) reopen(readOnly bool) {
	check(p.db.Close())
	p.openFile(readOnly)
	directory := filepath.Join(filepath.Dir(p.path), "content")
	check(os.MkdirAll(filepath.Join(directory, "blobs"), 0o700))
	files, err := local.NewStore(directory)
	check(err)
	p.metadata = metadata.NewDB(p.db, files, nil)
}

func (p *containerdPeer) collect() {
	_, err := p.metadata.GarbageCollect(p.ctx)
	check(err)
}

func (p *containerdPeer) blobsLeft() int {
	count := 0
	check(p.metadata.View(func(tx *bolt.Tx) error {
		blobs := tx.Bucket([]byte("v1")).Bucket([]byte("default")).Bucket([]byte("content")).Bucket([]byte("blob"))
		return blobs.ForEach(func(_, _ []byte) error {
			count++
			return nil
		})
	}))
	return count
}
