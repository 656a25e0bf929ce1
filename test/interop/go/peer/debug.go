package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/micro/go-micro/v2/client"
	debug "github.com/micro/go-micro/v2/debug/service/proto"
)

// What go-micro's tools ask every service.
func init() {
	messages["Debug.Health"] = func() (message, message) { return new(debug.HealthRequest), new(debug.HealthResponse) }
	messages["Debug.Stats"] = func() (message, message) { return new(debug.StatsRequest), new(debug.StatsResponse) }
	messages["Debug.Trace"] = func() (message, message) { return new(debug.TraceRequest), new(debug.TraceResponse) }
	messages["Debug.Cache"] = func() (message, message) { return new(debug.CacheRequest), new(debug.CacheResponse) }
}

// logOrder is a request for a service's log.
type logOrder struct {
	Service string
	Count   int64
	Since   int64
	Stream  bool
	// Leaves after so many records; 0 reads to the end.
	Wanted int
	// Gives up after so long.
	TimeoutMs int64
}

// logRead is what came, and what ended it: nothing, or an error's text.
type logRead struct {
	Records []*debug.Record `json:"records"`
	Error   string          `json:"error,omitempty"`
}

func addDebug(mux *http.ServeMux, caller client.Client) {
	mux.HandleFunc("/debug/log", func(w http.ResponseWriter, r *http.Request) {
		var asked logOrder
		if read(w, r, &asked) {
			answer(w, readLog(caller, asked))
		}
	})
}

func readLog(caller client.Client, asked logOrder) logRead {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(asked.TimeoutMs)*time.Millisecond)
	defer cancel()
	result := logRead{Records: []*debug.Record{}}
	request := &debug.LogRequest{Count: asked.Count, Since: asked.Since, Stream: asked.Stream}
	stream, err := debug.NewDebugService(asked.Service, caller).Log(ctx, request)
	if err != nil {
		result.Error = err.Error()
		return result
	}
	defer stream.Close()
	for asked.Wanted == 0 || len(result.Records) < asked.Wanted {
		record, err := stream.Recv()
		if err == io.EOF {
			return result
		}
		if err != nil {
			result.Error = err.Error()
			return result
		}
		if len(result.Records) == 0 {
			fmt.Println("reading the log of", asked.Service)
		}
		result.Records = append(result.Records, record)
	}
	return result
}
