// containerd's overlay snapshotter behind its metadata, as a daemon has it: the rows of ../snapshots_peer.cc.
package main

import (
	"context"
	_ "crypto/sha256" // go-digest refuses algorithms that are not linked
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/containerd/containerd/content/local"
	"github.com/containerd/containerd/metadata"
	"github.com/containerd/containerd/namespaces"
	"github.com/containerd/containerd/snapshots"
	"github.com/containerd/containerd/snapshots/overlay"
	"golang.org/x/sys/unix"
)

const snapshotterName = "overlayfs"

type snapshotsPeer struct {
	run
	boltFile
	metadata  *metadata.DB
	snapshots snapshots.Snapshotter
	ctx       context.Context
	made      int
}

var rootLabel = snapshots.WithLabels(map[string]string{"containerd.io/gc.root": "1"})

func main() {
	var p snapshotsPeer
	rows := p.parse()
	p.openAll(rows[0] == "removed_async")
	p.fill()
	for _, name := range rows {
		switch name {
		case "prepare":
			p.print(name, measureSlow(p.ops, 1, func(int) { p.prepare(p.fresh(), "base") }))
		case "commit":
			p.commits(name, true)
		case "commit_sync":
			p.commits(name, false)
		case "removed", "removed_async":
			p.collectRemoved(name)
		default:
			panic("no such row: " + name)
		}
	}
}

// openAll opens the snapshotter as its package does by itself, which removes a directory with its record, or as the daemon
// does, which leaves directories to what its collector calls in the end.
func (p *snapshotsPeer) openAll(asynchronous bool) {
	p.openBolt(p.dir)
	p.ctx = namespaces.WithNamespace(context.Background(), "default")
	files, err := local.NewStore(filepath.Join(p.dir, "content"))
	check(err)
	var options []overlay.Opt
	if asynchronous {
		options = append(options, overlay.AsynchronousRemove)
	}
	layers, err := overlay.NewSnapshotter(filepath.Join(p.dir, "snapshots"), options...)
	check(err)
	p.metadata = metadata.NewDB(p.db, files, map[string]snapshots.Snapshotter{snapshotterName: layers})
	check(p.metadata.Init(p.ctx))
	p.snapshots = p.metadata.Snapshotter(snapshotterName)
}

func (p *snapshotsPeer) fresh() string {
	p.made++
	return fmt.Sprintf("new-%d", p.next+p.made)
}

// prepare answers the layer's own directory.
func (p *snapshotsPeer) prepare(key, parent string) string {
	mounts, err := p.snapshots.Prepare(p.ctx, key, parent, rootLabel)
	check(err)
	if mounts[0].Type == "bind" {
		return mounts[0].Source
	}
	for _, option := range mounts[0].Options {
		if strings.HasPrefix(option, "upperdir=") {
			return strings.TrimPrefix(option, "upperdir=")
		}
	}
	panic("no upper directory")
}

func (p *snapshotsPeer) fill() {
	p.prepare("base-active", "")
	check(p.snapshots.Commit(p.ctx, "base", "base-active", rootLabel))
	for n := 0; n < p.records; n++ {
		p.prepare(fmt.Sprintf("present-%d", n), "base")
	}
}

// commits never syncs the layer's files by itself: containerd does not.
func (p *snapshotsPeer) commits(row string, synced bool) {
	var m measured
	for n := 0; n < p.ops; n++ {
		key := p.fresh()
		directory := p.prepare(key, "base")
		check(os.WriteFile(filepath.Join(directory, "file"), []byte(strings.Repeat("x", 4096)), 0o600))
		if synced {
			p.syncFileSystem(directory)
		}
		start := time.Now()
		check(p.snapshots.Commit(p.ctx, key+"-committed", key, rootLabel))
		spent := time.Since(start)
		m.latencies = append(m.latencies, spent.Nanoseconds())
		m.total += spent
		m.operations++
	}
	p.print(row, m)
}

func (p *snapshotsPeer) syncFileSystem(directory string) {
	opened, err := os.Open(directory)
	check(err)
	check(unix.Syncfs(int(opened.Fd())))
	check(opened.Close())
}

func (p *snapshotsPeer) collectRemoved(row string) {
	count := p.ops
	if count > p.records {
		count = p.records
	}
	for n := 0; n < count; n++ {
		check(p.snapshots.Remove(p.ctx, fmt.Sprintf("present-%d", n)))
	}
	m := measure(1, 1, func(int) {
		_, err := p.metadata.GarbageCollect(p.ctx)
		check(err)
	})
	m.operations = count
	p.print(row, m)
}
