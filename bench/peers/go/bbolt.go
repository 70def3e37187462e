// bbolt itself, with containerd's buckets: v1/default/images/<name>/{createdat,updatedat,labels/,target/}.
package main

import bolt "go.etcd.io/bbolt"

type bboltPeer struct{ boltFile }

func main() { runRows(&bboltPeer{}) }

func (s *bboltPeer) open(directory string) { s.openBolt(directory) }

func writableImages(tx *bolt.Tx) *bolt.Bucket {
	version, err := tx.CreateBucketIfNotExists([]byte("v1"))
	check(err)
	space, err := version.CreateBucketIfNotExists([]byte("default"))
	check(err)
	images, err := space.CreateBucketIfNotExists([]byte("images"))
	check(err)
	return images
}

func images(tx *bolt.Tx) *bolt.Bucket {
	return tx.Bucket([]byte("v1")).Bucket([]byte("default")).Bucket([]byte("images"))
}

func putRecord(images *bolt.Bucket, r *record) {
	bucket, err := images.CreateBucket(r.name)
	check(err)
	check(bucket.Put([]byte("createdat"), r.createdAt))
	check(bucket.Put([]byte("updatedat"), r.updatedAt))
	labels, err := bucket.CreateBucket([]byte("labels"))
	check(err)
	for n, key := range labelKeys {
		check(labels.Put([]byte(key), r.labels[n]))
	}
	target, err := bucket.CreateBucket([]byte("target"))
	check(err)
	check(target.Put([]byte("digest"), r.digest))
	check(target.Put([]byte("mediatype"), r.mediaType))
	check(target.Put([]byte("size"), r.size))
}

func (s *bboltPeer) create(records []record) {
	check(s.db.Update(func(tx *bolt.Tx) error {
		bucket := writableImages(tx)
		for n := range records {
			putRecord(bucket, &records[n])
		}
		return nil
	}))
}

// batch is bbolt's own group commit.
func (s *bboltPeer) batch(r *record) {
	check(s.db.Batch(func(tx *bolt.Tx) error {
		putRecord(writableImages(tx), r)
		return nil
	}))
}

func (s *bboltPeer) update(name, updatedAt, label []byte) {
	check(s.db.Update(func(tx *bolt.Tx) error {
		bucket, err := writableImages(tx).CreateBucketIfNotExists(name)
		check(err)
		check(bucket.Put([]byte("updatedat"), updatedAt))
		labels, err := bucket.CreateBucketIfNotExists([]byte("labels"))
		check(err)
		return labels.Put([]byte(labelKeys[2]), label)
	}))
}

func (s *bboltPeer) remove(name []byte) {
	check(s.db.Update(func(tx *bolt.Tx) error { return writableImages(tx).DeleteBucket(name) }))
}

var (
	createdAtKey = []byte("createdat")
	updatedAtKey = []byte("updatedat")
	targetKey    = []byte("target")
	labelsKey    = []byte("labels")
	digestKey    = []byte("digest")
	mediaTypeKey = []byte("mediatype")
	sizeKey      = []byte("size")
)

func seeRecord(bucket *bolt.Bucket, seen *checksum) {
	seen.add(bucket.Get(createdAtKey))
	seen.add(bucket.Get(updatedAtKey))
	target := bucket.Bucket(targetKey)
	seen.add(target.Get(digestKey))
	seen.add(target.Get(mediaTypeKey))
	seen.add(target.Get(sizeKey))
	check(bucket.Bucket(labelsKey).ForEach(func(key, value []byte) error {
		seen.add(key)
		seen.add(value)
		return nil
	}))
}

func (s *bboltPeer) get(name []byte, seen *checksum) {
	check(s.db.View(func(tx *bolt.Tx) error {
		seeRecord(images(tx).Bucket(name), seen)
		return nil
	}))
}

func (s *bboltPeer) list(seen *checksum) {
	check(s.db.View(func(tx *bolt.Tx) error {
		all := images(tx)
		return all.ForEach(func(name, _ []byte) error {
			seen.add(name)
			seeRecord(all.Bucket(name), seen)
			return nil
		})
	}))
}

func (s *bboltPeer) listNames(seen *checksum) {
	check(s.db.View(func(tx *bolt.Tx) error {
		return images(tx).ForEach(func(name, _ []byte) error {
			seen.add(name)
			return nil
		})
	}))
}
