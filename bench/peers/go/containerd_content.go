// containerd's content store: blobs in files, with records in the metadata.DB, as the daemon composes them.
package main

import (
	"bytes"
	"path/filepath"

	"github.com/containerd/containerd/content"
	"github.com/containerd/containerd/content/local"
	"github.com/containerd/containerd/metadata"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// contentStore is opened with the first blob: no other row has a use for it.
func (p *containerdPeer) contentStore() content.Store {
	p.openContent.Do(func() {
		files, err := local.NewStore(filepath.Join(filepath.Dir(p.path), "content"))
		check(err)
		p.content = metadata.NewDB(p.db, files, nil)
		check(p.content.Init(p.ctx))
	})
	return p.content.ContentStore()
}

func (p *containerdPeer) prepare(blob []byte) func() {
	target := ocispec.Descriptor{Digest: digest.FromBytes(blob), Size: int64(len(blob))}
	return func() {
		check(content.WriteBlob(p.ctx, p.contentStore(), target.Digest.String(), bytes.NewReader(blob), target))
	}
}
