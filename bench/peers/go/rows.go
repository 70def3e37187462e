// The command line and the rows of ../rows.cc, with the same numbers of records in the same order. A row that a peer
// cannot do prints nothing.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
	"syscall"
)

const (
	loadBatch         = 1000
	readBatch         = 64
	listPasses        = 3
	graphBatch        = 100
	readerRounds      = 10
	mostWrittenBeside = 1_000_000
	markPasses        = 5
	blobBytes         = 1024
	bigBlobBytes      = 256 << 20
	bigBlobs          = 3
	opsOfBigBlobs     = 200 // a run of fewer only shows that it works: 1 MiB for each
)

// peer is a store of records; batch(*record), listNames(*checksum), listMatching(filter, *checksum) and collector are
// for peers that have them.
type peer interface {
	open(directory string)
	file() string
	create(records []record)
	update(name, updatedAt, label []byte)
	remove(name []byte)
	get(name []byte, seen *checksum)
	list(seen *checksum)
}

type ingester interface {
	// prepare answers the ingest of a blob; what is known of it beforehand is computed outside of it.
	prepare(bytes []byte) func()
}

type collector interface {
	add(blobs []blob)
	beginMarking()
	mark()
	endMarking()
	collect()
	blobsLeft() int
}

type run struct {
	store   peer
	dir     string
	records int
	ops     int
	reads   int
	next    int
}

func (r *run) fresh(count int) []record {
	records := make([]record, count)
	for n := range records {
		records[n] = makeRecord(uint64(r.next + n))
	}
	r.next += count
	return records
}

func names(count int, pick func(int) uint64) [][]byte {
	list := make([][]byte, count)
	for n := range list {
		list[n] = makeRecord(pick(n)).name
	}
	return list
}

func (r *run) randomRecord(n int) uint64 { return mixed(uint64(n)) % uint64(r.records) }

func (r *run) print(row string, m measured, extra ...string) { printRow(row, r.records, m, extra...) }

func sum(seen checksum) string { return fmt.Sprintf(`"checksum":%d`, seen) }

func (r *run) open() {
	name := makeRecord(0).name
	var seen checksum
	m := measure(1, 1, func(int) {
		r.store.open(r.dir)
		r.store.get(name, &seen)
	})
	r.print("open", m, sum(seen))
}

func (r *run) createAll(row string, records []record) {
	m := measure((len(records)+loadBatch-1)/loadBatch, 1, func(n int) {
		end := (n + 1) * loadBatch
		if end > len(records) {
			end = len(records)
		}
		r.store.create(records[n*loadBatch : end])
	})
	m.operations = len(records)
	var status syscall.Stat_t
	check(syscall.Stat(r.store.file(), &status))
	r.print(row, m, fmt.Sprintf(`"file_bytes":%d,"allocated_bytes":%d`, status.Size, status.Blocks*512))
}

func (r *run) load() { r.createAll("load", r.fresh(r.records)) }

func (r *run) loadSorted() {
	records := r.fresh(r.records)
	sort.Slice(records, func(a, b int) bool { return bytes.Compare(records[a].name, records[b].name) < 0 })
	r.createAll("sorted", records)
}

func (r *run) touchAll() {
	var ignored checksum
	r.store.list(&ignored)
}

func (r *run) get() {
	wanted := names(r.reads, r.randomRecord)
	r.touchAll()
	var seen checksum
	m := measure(len(wanted), readBatch, func(n int) { r.store.get(wanted[n], &seen) })
	r.print("get", m, sum(seen))
}

func (r *run) passes(row string, pass func(*checksum)) {
	r.touchAll()
	var seen checksum
	m := measure(listPasses, 1, func(int) { pass(&seen) })
	m.operations *= r.records
	r.print(row, m, sum(seen))
}

func (r *run) matching(row, filter string) {
	store, able := r.store.(interface {
		listMatching(filter string, seen *checksum)
	})
	if !able {
		return
	}
	var seen, ignored checksum
	store.listMatching(filter, &seen)
	r.print(row, measureSlow(r.reads, 1, func(int) { store.listMatching(filter, &ignored) }), sum(seen))
}

func (r *run) readers() {
	wanted := names(r.reads, r.randomRecord)
	r.touchAll()
	ended, stopped := make(chan struct{}), make(chan struct{})
	first := r.next
	r.next += mostWrittenBeside
	go func() {
		defer close(stopped)
		for number := first; ; number++ {
			select {
			case <-ended:
				return
			default:
				r.store.create([]record{makeRecord(uint64(number))})
			}
		}
	}()
	m := measureThreads(2, readerRounds*len(wanted), readBatch, func(n int) {
		var ignored checksum
		r.store.get(wanted[n%len(wanted)], &ignored)
	})
	close(ended)
	<-stopped
	r.print("readers2", m)
}

func (r *run) loadGraph(store collector) {
	for first := 0; first < r.records; first += graphBatch {
		var images []record
		var blobs []blob
		for n := first; n < r.records && n < first+graphBatch; n++ {
			if n%2 == 0 {
				images = append(images, makeRecord(uint64(n)))
			}
			blobs = append(blobs, makeBlobs(uint64(n))...)
		}
		r.store.create(images)
		store.add(blobs)
	}
}

func (r *run) mark() {
	store, able := r.store.(collector)
	if !able {
		return
	}
	r.loadGraph(store)
	store.beginMarking()
	store.mark()
	r.print("mark", measure(markPasses, 1, func(int) { store.mark() }))
	store.endMarking()
}

func (r *run) collect() {
	store, able := r.store.(collector)
	if !able {
		return
	}
	store.collect()
	m := measure(markPasses, 1, func(int) { store.collect() })
	r.print("collect", m, fmt.Sprintf(`"checksum":%d`, store.blobsLeft()))
}

func (r *run) create() {
	records := r.fresh(r.ops)
	r.print("create", measureSlow(len(records), 1, func(n int) { r.store.create(records[n : n+1]) }))
}

func (r *run) update() {
	wanted := names(r.ops, r.randomRecord)
	time := changedTime(1)
	r.print("update", measureSlow(len(wanted), 1, func(n int) { r.store.update(wanted[n], time, []byte("pinnes")) }))
}

func (r *run) remove() {
	count := r.ops
	if count > r.records {
		count = r.records
	}
	wanted := names(count, func(n int) uint64 { return uint64(n) })
	r.print("delete", measureSlow(len(wanted), 1, func(n int) { r.store.remove(wanted[n]) }))
}

func (r *run) writers(row string, threads, factor int, write func([]record)) {
	count := r.ops * factor
	if count < threads {
		count = threads
	}
	records := r.fresh(count)
	r.print(row, measureThreads(threads, len(records), 1, func(n int) { write(records[n : n+1]) }))
}

func (r *run) submitters(row string, threads, factor int) {
	if group, able := r.store.(interface{ batch(*record) }); able {
		r.writers(row, threads, factor, func(records []record) { group.batch(&records[0]) })
	}
}

// ingests stores blobs, no two of which are alike; made before the clock starts.
func (r *run) ingests(row string, threads, factor int) {
	store, able := r.store.(ingester)
	if !able {
		return
	}
	count := r.ops * factor
	if count < threads {
		count = threads
	}
	blobs := r.blobs(store, count, blobBytes)
	r.print(row, measureThreads(threads, count, 1, func(n int) { blobs[n]() }))
}

func (r *run) ingestsBig(row string) {
	store, able := r.store.(ingester)
	if !able {
		return
	}
	size := bigBlobBytes
	if r.ops < opsOfBigBlobs {
		size = r.ops << 20
	}
	blobs := r.blobs(store, bigBlobs, size)
	r.print(row, measure(len(blobs), 1, func(n int) { blobs[n]() }))
}

func (r *run) blobs(store ingester, count, size int) []func() {
	blobs := make([]func(), 0, count)
	for _, record := range r.fresh(count) {
		blob := bytes.Repeat([]byte{'.'}, size)
		copy(blob, record.name)
		blobs = append(blobs, store.prepare(blob))
	}
	return blobs
}

func (r *run) row(name string) {
	switch name {
	case "load":
		r.load()
	case "sorted":
		r.loadSorted()
	case "get":
		r.get()
	case "list":
		r.passes("list", r.store.list)
	case "names":
		if names, able := r.store.(interface{ listNames(*checksum) }); able {
			r.passes("names", names.listNames)
		}
	case "named":
		r.matching(name, "name=="+string(makeRecord(r.randomRecord(0)).name))
	case "labelled":
		r.matching(name, fmt.Sprintf("labels.%q==%s", labelKeys[1], rareLabel))
	case "readers2":
		r.readers()
	case "mark":
		r.mark()
	case "collect":
		r.collect()
	case "create":
		r.create()
	case "update":
		r.update()
	case "delete":
		r.remove()
	case "ingest1":
		r.ingests(name, 1, 1)
	case "ingest8":
		r.ingests(name, 8, 4)
	case "ingest256":
		r.ingestsBig(name)
	case "writers8":
		r.writers(name, 8, 2, r.store.create)
	case "writers64":
		r.writers(name, 64, 4, r.store.create)
	case "submit8":
		r.submitters(name, 8, 2)
	case "submit64":
		r.submitters(name, 64, 4)
	default:
		panic("no such row: " + name)
	}
}

// parse reads the command line: what to run with, and the rows.
func (r *run) parse() []string {
	flag.StringVar(&r.dir, "dir", "", "directory of the store")
	flag.IntVar(&r.records, "records", 1000, "records in the store")
	flag.IntVar(&r.ops, "ops", 100, "durable operations of a row")
	flag.IntVar(&r.reads, "reads", 1000, "lookups of a row")
	flag.IntVar(&r.next, "first", 0, "number of the first record to make")
	rows := flag.String("rows", "", "rows, in order, with commas between")
	flag.Parse()
	if r.dir == "" || r.records <= 0 || *rows == "" {
		flag.Usage()
		os.Exit(1)
	}
	return strings.Split(*rows, ",")
}

// runRows is all of main but the choice of the peer.
func runRows(store peer) {
	r := run{store: store}
	rows := r.parse()
	if rows[0] == "open" {
		r.open()
		return
	}
	r.store.open(r.dir)
	for _, name := range rows {
		r.row(name)
	}
}
