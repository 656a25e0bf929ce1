package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"interop/peer/pb"

	"github.com/golang/protobuf/jsonpb"
	"github.com/micro/go-micro/v2/client"
	"github.com/micro/go-micro/v2/errors"
	"github.com/micro/go-micro/v2/metadata"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

// streamOrder is one stream as the test wants it led, a step after the other.
type streamOrder struct {
	Service     string
	Endpoint    string
	ContentType string
	Metadata    map[string]string
	Address     []string
	// A deadline of the context, and go-micro's own option, of which it makes a header.
	DeadlineMs      int64
	StreamTimeoutMs int64
	// What opens the stream; an empty message unless given. Only mucp sends it.
	Opening json.RawMessage
	// By grpc-go alone, which alone can say that it sends no more.
	Bare  bool
	Steps []streamStep
}

type streamStep struct {
	// send, receive, drain (until the stream is over), halfClose, cancel, close or rest.
	Do   string
	Body json.RawMessage
	// How often; parts that are sent count up from the number of the first.
	Count int
	Ms    int64
	// Of a rest, which lasts until the test resumes it.
	Key string
}

// streamOutcome is what the program that used the stream saw.
type streamOutcome struct {
	Received []json.RawMessage `json:"received"`
	// Set when the stream was read to its good end.
	Ended bool `json:"ended"`
	// How it was not: go-micro's own error if there is one, and the text.
	Error *errors.Error `json:"error,omitempty"`
	Text  string        `json:"text,omitempty"`
	Code  uint32        `json:"code"`
	// How many messages could be sent. Why another could not be, receiving tells.
	Sent int `json:"sent"`
	// Nothing came for too long; go-micro's mucp client does not watch its context.
	Stuck bool `json:"stuck"`
}

// streamMessages are the endpoints' requests and replies.
var streamMessages = map[string]func() (request, response message){
	"Streams.Count":  func() (message, message) { return new(pb.Order), new(pb.Part) },
	"Streams.Gather": func() (message, message) { return new(pb.Part), new(pb.Tally) },
	"Streams.Chat":   func() (message, message) { return new(pb.Part), new(pb.Part) },
	"Streams.Show":   func() (message, message) { return new(pb.Order), new(pb.Seen) },
}

// patience bounds every step: a stream that hangs is an outcome too.
const patience = 20 * time.Second

// typesOf gives the messages of an endpoint; one that nobody has is asked as Chat is.
func typesOf(endpoint string) (request, response message) {
	if make, ok := streamMessages[endpoint]; ok {
		return make()
	}
	return new(pb.Part), new(pb.Part)
}

func addStreams(mux *http.ServeMux, caller client.Client) {
	for endpoint, make := range streamMessages {
		messages[endpoint] = make
	}
	messages["Streams.Recall"] = func() (message, message) { return new(pb.Key), new(pb.Course) }
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		var o streamOrder
		if read(w, r, &o) {
			answer(w, lead(r.Context(), caller, o))
		}
	})
	mux.HandleFunc("/stream/resume", func(w http.ResponseWriter, r *http.Request) {
		var step streamStep
		if read(w, r, &step) {
			close(restOf(step.Key))
			answer(w, "resumed")
		}
	})
}

var (
	restsLock sync.Mutex
	rests     = map[string]chan struct{}{}
)

func restOf(key string) chan struct{} {
	restsLock.Lock()
	defer restsLock.Unlock()
	if rests[key] == nil {
		rests[key] = make(chan struct{})
	}
	return rests[key]
}

// stream is what go-micro's streams and grpc-go's have in common here.
type stream interface {
	Send(interface{}) error
	Recv(interface{}) error
	Close() error
}

// lead goes through the steps. ctx ends when the test is no longer interested.
func lead(ctx context.Context, caller client.Client, o streamOrder) *streamOutcome {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if o.DeadlineMs > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, time.Duration(o.DeadlineMs)*time.Millisecond)
		defer stop()
	}
	if len(o.Metadata) > 0 {
		ctx = metadata.NewContext(ctx, o.Metadata)
	}
	outcome := &streamOutcome{Received: []json.RawMessage{}}
	opened, err := open(ctx, caller, o)
	if err != nil {
		outcome.fail(err)
		return outcome
	}
	defer opened.Close()
	for _, step := range o.Steps {
		done := make(chan bool, 1)
		go func() { done <- outcome.take(step, o, opened, cancel) }()
		select {
		case goesOn := <-done:
			if !goesOn {
				return outcome
			}
		case <-time.After(patience):
			return &streamOutcome{Stuck: true, Received: []json.RawMessage{}}
		}
	}
	return outcome
}

// take is false when the stream is over.
func (outcome *streamOutcome) take(step streamStep, o streamOrder, opened stream, cancel func()) bool {
	switch step.Do {
	case "send":
		if err := outcome.send(step, o, opened); err != nil && err != io.EOF {
			outcome.fail(err)
		}
	case "receive":
		for count := 0; count == 0 || count < step.Count; count++ {
			if !outcome.receive(o, opened) {
				return false
			}
		}
	case "drain":
		for outcome.receive(o, opened) {
		}
		return false
	case "halfClose":
		_ = opened.(*bareStream).CloseSend() // what becomes of it is for Recv to tell
	case "cancel":
		cancel()
	case "close":
		_ = opened.Close() // as above
	case "rest":
		<-restOf(step.Key)
	}
	return true
}

func (outcome *streamOutcome) send(step streamStep, o streamOrder, opened stream) error {
	request := o.request(step.Body)
	for count := 0; count == 0 || count < step.Count; count++ {
		if part, ok := request.(*pb.Part); ok && count > 0 {
			part.Number++
		}
		if err := opened.Send(request); err != nil {
			return err
		}
		outcome.Sent++
		time.Sleep(time.Duration(step.Ms) * time.Millisecond)
	}
	return nil
}

func (outcome *streamOutcome) receive(o streamOrder, opened stream) bool {
	_, response := typesOf(o.Endpoint)
	err := opened.Recv(response)
	if err == nil {
		outcome.Received = append(outcome.Received, textOf(response))
		return true
	}
	if err == io.EOF {
		outcome.Ended = true
	} else {
		outcome.fail(err)
	}
	return false
}

func (outcome *streamOutcome) fail(err error) {
	outcome.Text = err.Error()
	if found, ok := err.(*errors.Error); ok {
		outcome.Error = found
		return
	}
	if told, ok := status.FromError(err); ok {
		// go-micro leaves it to the program to find its error in the status of a stream.
		outcome.Code = uint32(told.Code())
		outcome.Text = told.Message()
		if details := told.Details(); len(details) > 0 {
			outcome.Error, _ = details[0].(*errors.Error)
		}
		return
	}
	if parsed := errors.Parse(err.Error()); parsed.Code > 0 {
		outcome.Error = parsed
	}
}

func open(ctx context.Context, caller client.Client, o streamOrder) (stream, error) {
	if o.Bare {
		return openBare(ctx, o)
	}
	var options []client.CallOption
	if len(o.Address) > 0 {
		options = append(options, client.WithAddress(o.Address...))
	}
	if o.StreamTimeoutMs > 0 {
		options = append(options, client.WithStreamTimeout(time.Duration(o.StreamTimeoutMs)*time.Millisecond))
	}
	requestOptions := []client.RequestOption{client.StreamingRequest()}
	if o.ContentType != "" {
		requestOptions = append(requestOptions, client.WithContentType(o.ContentType))
	}
	request := caller.NewRequest(o.Service, o.Endpoint, o.request(o.Opening), requestOptions...)
	return caller.Stream(ctx, request, options...)
}

func (o streamOrder) request(body json.RawMessage) message {
	request, _ := typesOf(o.Endpoint)
	if len(body) > 0 {
		if err := jsonpb.Unmarshal(bytes.NewReader(body), request); err != nil {
			panic(err)
		}
	}
	return request
}

type bareStream struct {
	grpc.ClientStream
	connection *grpc.ClientConn
}

func (b *bareStream) Send(m interface{}) error { return b.SendMsg(m) }
func (b *bareStream) Recv(m interface{}) error { return b.RecvMsg(m) }
func (b *bareStream) Close() error             { return b.connection.Close() }

func openBare(ctx context.Context, o streamOrder) (stream, error) {
	connection, err := grpc.DialContext(ctx, o.Address[0], grpc.WithInsecure())
	if err != nil {
		return nil, err
	}
	description := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	path := "/" + o.Service + "." + strings.Replace(o.Endpoint, ".", "/", 1)
	opened, err := connection.NewStream(ctx, description, path)
	if err != nil {
		_ = connection.Close() // nothing was opened on it
		return nil, err
	}
	return &bareStream{opened, connection}, nil
}
