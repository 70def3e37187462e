// Timing of one row and its line of output, as ../measure.cc.
package main

import (
	"fmt"
	"math"
	"sort"
	"strings"
	"sync"
	"time"
)

type measured struct {
	operations int
	total      time.Duration
	latencies  []int64
}

const longest = 3 * time.Second // of a row that may take long

func measure(count, batch int, operation func(int)) measured {
	return measureUntil(math.MaxInt64, count, batch, operation)
}

func measureSlow(count, batch int, operation func(int)) measured {
	return measureUntil(longest, count, batch, operation)
}

func measureUntil(limit time.Duration, count, batch int, operation func(int)) measured {
	m := measured{latencies: make([]int64, 0, count/batch+1)}
	start := time.Now()
	done := 0
	for done < count && time.Since(start) < limit {
		end := done + batch
		if end > count {
			end = count
		}
		calls := end - done
		batchStart := time.Now()
		for ; done < end; done++ {
			operation(done)
		}
		m.latencies = append(m.latencies, time.Since(batchStart).Nanoseconds()/int64(calls))
	}
	m.operations = done
	m.total = time.Since(start)
	return m
}

func measureThreads(threads, count, batch int, operation func(int)) measured {
	share := count / threads
	if share == 0 {
		share = 1
	}
	parts := make([]measured, threads)
	var running sync.WaitGroup
	start := time.Now()
	for n := 0; n < threads; n++ {
		running.Add(1)
		go func(n int) {
			defer running.Done()
			parts[n] = measureSlow(share, batch, func(i int) { operation(n*share + i) })
		}(n)
	}
	running.Wait()
	all := measured{total: time.Since(start)}
	for _, part := range parts {
		all.operations += part.operations
		all.latencies = append(all.latencies, part.latencies...)
	}
	return all
}

func printRow(row string, records int, m measured, extra ...string) {
	sort.Slice(m.latencies, func(a, b int) bool { return m.latencies[a] < m.latencies[b] })
	fields := []string{fmt.Sprintf(`"row":%q,"records":%d`, row, records)}
	if m.operations != 0 {
		percentile := func(percent int) int64 { return m.latencies[(len(m.latencies)-1)*percent/100] }
		fields = append(fields, fmt.Sprintf(`"ops":%d,"ops_per_s":%f,"p50_ns":%d,"p99_ns":%d`, m.operations,
			float64(m.operations)/m.total.Seconds(), percentile(50), percentile(99)))
	}
	fmt.Printf("{%s}\n", strings.Join(append(fields, extra...), ","))
}
