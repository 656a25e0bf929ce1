package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"interop/peer/pb"

	"github.com/micro/go-micro/v2/client"
)

type loadOrder struct {
	Service   string
	PerSecond int
	// How long each call takes.
	HoldMs int64
}

// tally is what became of the calls of a load.
type tally struct {
	Made   int `json:"made"`
	Failed int `json:"failed"`
	// How many calls each node answered.
	Nodes map[string]int `json:"nodes"`
	// How often each error was seen by the program, and how often each by an attempt, retried or not.
	Errors   map[string]int `json:"errors"`
	Attempts map[string]int `json:"attempts"`
}

type load struct {
	sync.Mutex
	tally
	calls sync.WaitGroup
	stop  chan struct{}
	ended chan struct{}
}

// addLoad calls Peer.Look so many times a second from one order to the next.
func addLoad(mux *http.ServeMux, caller client.Client) {
	var running *load
	mux.HandleFunc("/load/start", func(w http.ResponseWriter, r *http.Request) {
		var asked loadOrder
		if read(w, r, &asked) {
			running = startLoad(caller, asked)
			answer(w, "started")
		}
	})
	mux.HandleFunc("/load/stop", func(w http.ResponseWriter, _ *http.Request) {
		close(running.stop)
		<-running.ended
		running.calls.Wait()
		answer(w, running.tally)
	})
}

func startLoad(caller client.Client, asked loadOrder) *load {
	l := &load{
		tally: tally{Nodes: map[string]int{}, Errors: map[string]int{}, Attempts: map[string]int{}},
		stop:  make(chan struct{}),
		ended: make(chan struct{}),
	}
	go func() {
		defer close(l.ended)
		ticker := time.NewTicker(time.Second / time.Duration(asked.PerSecond))
		defer ticker.Stop()
		for {
			select {
			case <-l.stop:
				return
			case <-ticker.C:
				l.calls.Add(1)
				go l.call(caller, asked)
			}
		}
	}()
	return l
}

func (l *load) call(caller client.Client, asked loadOrder) {
	defer l.calls.Done()
	var attempts []attempt
	seen := new(pb.Seen)
	wrapper := client.WithCallWrapper(func(next client.CallFunc) client.CallFunc { return recording(next, &attempts) })
	request := caller.NewRequest(asked.Service, "Peer.Look", &pb.Pause{Ms: asked.HoldMs})
	err := caller.Call(context.Background(), request, seen, wrapper)
	l.Lock()
	defer l.Unlock()
	l.Made++
	if err != nil {
		l.Failed++
		l.Errors[err.Error()]++
	} else {
		l.Nodes[seen.Node]++
	}
	recordingLock.Lock()
	defer recordingLock.Unlock()
	for _, made := range attempts {
		if made.Error != "" {
			l.Attempts[made.Error]++
		}
	}
}
