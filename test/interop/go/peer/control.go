package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/golang/protobuf/jsonpb"
	"github.com/micro/go-micro/v2"
	"github.com/micro/go-micro/v2/client"
	"github.com/micro/go-micro/v2/client/selector"
	frame "github.com/micro/go-micro/v2/codec/bytes"
	"github.com/micro/go-micro/v2/errors"
	"github.com/micro/go-micro/v2/metadata"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

// order is one call as the test wants it made. What it leaves out is left to go-micro.
type order struct {
	Service     string
	Endpoint    string
	ContentType string
	// The request as proto3 JSON, or with Raw the very bytes of the body.
	Body     json.RawMessage
	Raw      string
	Metadata map[string]string
	Address  []string
	// A deadline of the context, as a caller's caller may have set it, and go-micro's own option.
	DeadlineMs int64
	TimeoutMs  int64
	Retries    *int
	// Takes the nodes in turn instead of at random.
	RoundRobin bool
}

// outcome is what the program that called go-micro would see.
type outcome struct {
	Reply  json.RawMessage `json:"reply,omitempty"`
	Error  *errors.Error   `json:"error,omitempty"`
	Text   string          `json:"text,omitempty"`
	Millis int64           `json:"millis"`
	// The attempts that were made, with node and error text.
	Attempts []attempt `json:"attempts"`
}

type attempt struct {
	Address string `json:"address"`
	Error   string `json:"error,omitempty"`
}

func newControl(service micro.Service) http.Handler {
	mux := http.NewServeMux()
	caller := service.Client()
	mux.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) { answer(w, "ready") })
	mux.HandleFunc("/call", func(w http.ResponseWriter, r *http.Request) {
		var o order
		if read(w, r, &o) {
			answer(w, carryOut(caller, o))
		}
	})
	mux.HandleFunc("/bare", func(w http.ResponseWriter, r *http.Request) {
		var b bareOrder
		if read(w, r, &b) {
			answer(w, callBare(b))
		}
	})
	addRegistry(mux, service)
	addLoad(mux, caller)
	addBroker(mux, service)
	addDebug(mux, caller)
	addStreams(mux, caller)
	return mux
}

func carryOut(caller client.Client, o order) outcome {
	request, response := requestAndResponse(o)
	var attempts []attempt
	options := []client.CallOption{client.WithCallWrapper(func(next client.CallFunc) client.CallFunc {
		return recording(next, &attempts)
	})}
	if len(o.Address) > 0 {
		options = append(options, client.WithAddress(o.Address...))
	}
	if o.TimeoutMs > 0 {
		options = append(options, client.WithRequestTimeout(time.Duration(o.TimeoutMs)*time.Millisecond))
	}
	if o.Retries != nil {
		options = append(options, client.WithRetries(*o.Retries))
	}
	if o.RoundRobin {
		options = append(options, client.WithSelectOption(selector.WithStrategy(selector.RoundRobin)))
	}
	ctx := context.Background()
	if o.DeadlineMs > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(o.DeadlineMs)*time.Millisecond)
		defer cancel()
	}
	if len(o.Metadata) > 0 {
		ctx = metadata.NewContext(ctx, o.Metadata)
	}
	var requestOptions []client.RequestOption
	if o.ContentType != "" {
		requestOptions = append(requestOptions, client.WithContentType(o.ContentType))
	}
	began := time.Now()
	err := caller.Call(ctx, caller.NewRequest(o.Service, o.Endpoint, request, requestOptions...), response, options...)
	result := outcome{Millis: int64(time.Since(began) / time.Millisecond), Attempts: attempts}
	if err != nil {
		result.Text = err.Error()
		result.Error, _ = err.(*errors.Error)
		return result
	}
	result.Reply = textOf(response)
	return result
}

func requestAndResponse(o order) (interface{}, interface{}) {
	if o.Raw != "" {
		return &frame.Frame{Data: []byte(o.Raw)}, &frame.Frame{}
	}
	make, ok := messages[o.Endpoint]
	if !ok {
		make = messages["Peer.Nothing"]
	}
	request, response := make()
	if len(o.Body) > 0 {
		if err := jsonpb.Unmarshal(bytes.NewReader(o.Body), request); err != nil {
			panic(err)
		}
	}
	return request, response
}

func textOf(response interface{}) json.RawMessage {
	if raw, ok := response.(*frame.Frame); ok {
		return raw.Data
	}
	text, err := (&jsonpb.Marshaler{EmitDefaults: true}).MarshalToString(response.(message))
	if err != nil {
		panic(err)
	}
	return json.RawMessage(text)
}

// bareOrder is a call by grpc-go alone, without go-micro: any path, any headers.
type bareOrder struct {
	Address string
	Path    string
}

type bareOutcome struct {
	Code    uint32 `json:"code"`
	Message string `json:"message"`
}

func callBare(b bareOrder) bareOutcome {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	connection, err := grpc.DialContext(ctx, b.Address, grpc.WithInsecure())
	if err != nil {
		panic(err)
	}
	defer connection.Close()
	request, response := messages["Peer.Nothing"]()
	got := status.Convert(connection.Invoke(ctx, b.Path, request, response))
	return bareOutcome{uint32(got.Code()), got.Message()}
}

func read(w http.ResponseWriter, r *http.Request, into interface{}) bool {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func answer(w http.ResponseWriter, value interface{}) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // a test that has gone away needs no answer
}
