// The command line and the rows of ../rows.cc over bbolt, with the same numbers of records in the same order.
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
	loadBatch  = 1000
	readBatch  = 64
	listPasses = 3
)

type run struct {
	store   store
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
	check(syscall.Stat(r.store.path, &status))
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

func (r *run) create() {
	records := r.fresh(r.ops)
	r.print("create", measureDurable(len(records), func(n int) { r.store.create(records[n : n+1]) }))
}

func (r *run) update() {
	wanted := names(r.ops, r.randomRecord)
	time := changedTime(1)
	r.print("update", measureDurable(len(wanted), func(n int) { r.store.update(wanted[n], time, []byte("pinnes")) }))
}

func (r *run) remove() {
	count := r.ops
	if count > r.records {
		count = r.records
	}
	wanted := names(count, func(n int) uint64 { return uint64(n) })
	r.print("delete", measureDurable(len(wanted), func(n int) { r.store.remove(wanted[n]) }))
}

func (r *run) writers(row string, threads, factor int, write func([]record)) {
	count := r.ops * factor
	if count < threads {
		count = threads
	}
	records := r.fresh(count)
	r.print(row, measureThreads(threads, len(records), func(n int) { write(records[n : n+1]) }))
}

func (r *run) row(name string) {
	single := r.store.create
	batch := func(records []record) { r.store.batch(&records[0]) }
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
		r.passes("names", r.store.listNames)
	case "create":
		r.create()
	case "update":
		r.update()
	case "delete":
		r.remove()
	case "writers8":
		r.writers(name, 8, 2, single)
	case "writers64":
		r.writers(name, 64, 4, single)
	case "submit8":
		r.writers(name, 8, 2, batch)
	case "submit64":
		r.writers(name, 64, 4, batch)
	default:
		panic("no such row: " + name)
	}
}

func main() {
	var r run
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
	if *rows == "open" {
		r.open()
		return
	}
	r.store.open(r.dir)
	for _, name := range strings.Split(*rows, ",") {
		r.row(name)
	}
}
