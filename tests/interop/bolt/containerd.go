package main

import (
	"context"
	_ "crypto/sha256" // go-digest refuses algorithms that are not linked
	"fmt"

	"github.com/containerd/containerd/containers"
	"github.com/containerd/containerd/images"
	"github.com/containerd/containerd/leases"
	"github.com/containerd/containerd/metadata"
	"github.com/containerd/containerd/namespaces"
	"github.com/gogo/protobuf/types"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	bolt "go.etcd.io/bbolt"
)

// fillAsContainerd makes records of containerd through its own stores, in three namespaces.
func fillAsContainerd(bare *bolt.DB) {
	db := metadata.NewDB(bare, nil, nil)
	check(db.Init(context.Background()))
	for _, space := range []string{"default", "k8s.io", "moby"} {
		ctx := namespaces.WithNamespace(context.Background(), space)
		check(bare.Update(func(tx *bolt.Tx) error {
			return metadata.NewNamespaceStore(tx).Create(ctx, space, map[string]string{"of": space})
		}))
		for n := 0; n < 40; n++ {
			name := fmt.Sprintf("registry.example/library/image%d:latest", n)
			_, err := metadata.NewImageStore(db).Create(ctx, images.Image{
				Name:   name,
				Labels: map[string]string{"n": fmt.Sprint(n)},
				Target: ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.FromString(name), Size: int64(n + 1)},
			})
			check(err)
			_, err = metadata.NewContainerStore(db).Create(ctx, containers.Container{
				ID:      fmt.Sprintf("container%d", n),
				Image:   name,
				Runtime: containers.RuntimeInfo{Name: "io.containerd.runc.v2"},
				Spec:    &types.Any{TypeUrl: "types.containerd.io/opencontainers/runtime-spec/1/Spec", Value: []byte("{}")},
			})
			check(err)
		}
		_, err := metadata.NewLeaseManager(db).Create(ctx, leases.WithID("lease"))
		check(err)
		for n := 0; n < 40; n += 3 {
			check(metadata.NewImageStore(db).Delete(ctx, fmt.Sprintf("registry.example/library/image%d:latest", n)))
		}
	}
}
