// Bolt files by bbolt itself, and the digest of what bbolt reads in them (metadata/digest.h).
//
//	bolt_fixture FILE random PAGE_SIZE FREE_LIST SEED
//	bolt_fixture FILE containerd
package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math/rand"
	"os"
	"strconv"

	bolt "go.etcd.io/bbolt"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func number(value string) int {
	n, err := strconv.Atoi(value)
	check(err)
	return n
}

func part(to hash.Hash, what byte, bytes []byte) {
	to.Write([]byte{what})
	binary.Write(to, binary.LittleEndian, uint64(len(bytes)))
	to.Write(bytes)
}

func digestBucket(to hash.Hash, key []byte, sequence uint64, each func(func(k, v []byte) error) error, child func(k []byte) *bolt.Bucket) {
	part(to, '{', key)
	binary.Write(to, binary.LittleEndian, sequence)
	check(each(func(k, v []byte) error {
		if inner := child(k); v == nil && inner != nil {
			digestBucket(to, k, inner.Sequence(), inner.ForEach, inner.Bucket)
			return nil
		}
		part(to, 'k', k)
		part(to, 'v', v)
		return nil
	}))
	part(to, '}', nil)
}

func digestOf(db *bolt.DB) string {
	to := sha256.New()
	check(db.View(func(tx *bolt.Tx) error {
		each := func(visit func(k, v []byte) error) error {
			return tx.ForEach(func(name []byte, _ *bolt.Bucket) error { return visit(name, nil) })
		}
		digestBucket(to, nil, 0, each, tx.Bucket)
		return nil
	}))
	return fmt.Sprintf("sha256:%x", to.Sum(nil))
}

// change does something to a bucket, or to one inside it.
func change(bucket *bolt.Bucket, chance *rand.Rand, depth int) {
	key := []byte(fmt.Sprintf("key%0*d", 1+chance.Intn(40), chance.Intn(300)))
	inner := bucket.Bucket(key)
	switch roll := chance.Intn(10); {
	case inner != nil && roll == 0:
		check(bucket.DeleteBucket(key))
	case inner != nil:
		change(inner, chance, depth+1)
	case bucket.Get(key) != nil && roll < 3:
		check(bucket.Delete(key))
	case bucket.Get(key) == nil && roll < 5 && depth < 6:
		made, err := bucket.CreateBucket(key)
		check(err)
		check(made.SetSequence(uint64(chance.Intn(100))))
	default:
		size := chance.Intn(60)
		if chance.Intn(40) == 0 {
			size = chance.Intn(20000)
		}
		value := make([]byte, size)
		chance.Read(value)
		check(bucket.Put(key, value))
	}
}

func fillRandomly(db *bolt.DB, seed int) {
	chance := rand.New(rand.NewSource(int64(seed)))
	for commit := 0; commit < 60; commit++ {
		check(db.Update(func(tx *bolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists([]byte{byte('a' + commit%3)})
			check(err)
			for n := chance.Intn(120); n >= 0; n-- {
				change(bucket, chance, 1)
			}
			return nil
		}))
	}
}

func main() {
	options := *bolt.DefaultOptions
	options.NoSync = true
	if os.Args[2] == "random" {
		options.PageSize = number(os.Args[3])
		options.NoFreelistSync = os.Args[4] != "true"
	}
	db, err := bolt.Open(os.Args[1], 0o600, &options)
	check(err)
	if os.Args[2] == "random" {
		fillRandomly(db, number(os.Args[5]))
	} else {
		fillAsContainerd(db)
	}
	fmt.Println(digestOf(db))
	check(db.Close())
}
