// The bolt file under both programs, opened as newer containerd does (1.6 took the defaults).
package main

import (
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

type boltFile struct {
	path string
	db   *bolt.DB
}

func (f *boltFile) file() string { return f.path }

func (f *boltFile) openBolt(directory string) {
	check(os.MkdirAll(directory, 0o700))
	f.path = filepath.Join(directory, "meta.db")
	f.openFile(false)
}

func (f *boltFile) openFile(readOnly bool) {
	options := *bolt.DefaultOptions
	options.ReadOnly = readOnly
	options.NoFreelistSync = true
	options.FreelistType = bolt.FreelistMapType
	var err error
	f.db, err = bolt.Open(f.path, 0o600, &options)
	check(err)
}
