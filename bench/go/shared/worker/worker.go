// Package worker is the other end of src/process.ts: a line of JSON in, a line of JSON out.
package worker

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Check ends the program when something went wrong.
func Check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Serve tells where the server is and what the process has used so far, as often as it is asked.
func Serve(address string) {
	answer(func([]byte) interface{} {
		return map[string]interface{}{"address": address, "cpuUs": cpuUs()}
	})
}

// MakeCalls makes as many calls as it can for as long as it is asked to.
func MakeCalls(connect func(address string) func() error) {
	var call func() error
	answer(func(line []byte) interface{} {
		var round struct {
			Address  string
			InFlight int
			Ms       int
		}
		Check(json.Unmarshal(line, &round))
		if call == nil {
			call = connect(round.Address)
		}
		cpuBefore, began := cpuUs(), time.Now()
		end := began.Add(time.Duration(round.Ms) * time.Millisecond)
		var replies int64
		var all sync.WaitGroup
		for lane := 0; lane < round.InFlight; lane++ {
			all.Add(1)
			go func() {
				defer all.Done()
				for time.Now().Before(end) {
					Check(call())
					atomic.AddInt64(&replies, 1)
				}
			}()
		}
		all.Wait()
		return map[string]interface{}{
			"replies": replies,
			"ms":      float64(time.Since(began).Microseconds()) / 1000,
			"cpuUs":   cpuUs() - cpuBefore,
		}
	})
}

func answer(handle func(line []byte) interface{}) {
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		Check(out.Encode(handle(lines.Bytes())))
	}
}

func cpuUs() int64 {
	var usage syscall.Rusage
	Check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return (usage.Utime.Nano() + usage.Stime.Nano()) / 1000
}
