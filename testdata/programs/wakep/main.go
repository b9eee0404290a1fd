// Starts many threads from the scheduler itself and writes its heap profile to a file.
//
// Each goroutine keeps its thread busy, so that every thread that finds work looks for another one
// to help it: runtime.wakep, startm, newm, allocm. The profile samples every allocation, and so
// shows runtime.wakep.
package main

import (
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

// Set before main, so that the threads of the runtime are sampled from the beginning.
var _ = func() int {
	runtime.MemProfileRate = 1
	return 0
}()

func main() {
	runtime.GOMAXPROCS(64)
	var done sync.WaitGroup
	for round := 0; round < 4; round++ {
		for n := 0; n < 128; n++ {
			done.Add(1)
			go func() {
				defer done.Done()
				runtime.LockOSThread()
				for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); {
				}
				// The thread ends with its goroutine, as it is still locked.
			}()
		}
		done.Wait()
	}
	runtime.GC()
	file, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	if err := pprof.WriteHeapProfile(file); err != nil {
		panic(err)
	}
	if err := file.Close(); err != nil {
		panic(err)
	}
}
