package main

import (
	"context"
	"encoding/json"
	goerrors "errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"interop/peer/pb"

	"github.com/golang/protobuf/jsonpb"
	"github.com/micro/go-micro/v2"
	"github.com/micro/go-micro/v2/broker"
	"github.com/micro/go-micro/v2/client"
	"github.com/micro/go-micro/v2/metadata"
	"github.com/micro/go-micro/v2/server"
)

// subscription is one wish to get the messages of a topic.
type subscription struct {
	Topic string
	Queue string
	// What the handler does besides telling of the message: "error" or nothing.
	Manner string
}

// received is one message as its handler sees it.
type received struct {
	Topic   string            `json:"topic"`
	Headers map[string]string `json:"headers"`
	// The body's bytes for a subscriber of the broker, the message as proto3 JSON for one of the service.
	Body    []byte          `json:"body,omitempty"`
	Message json.RawMessage `json:"message,omitempty"`
}

var receivedLock sync.Mutex

// tell writes a line to stdout, where it is safe even from what happens to this process next.
func tell(r received) {
	line, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	receivedLock.Lock()
	defer receivedLock.Unlock()
	fmt.Fprintf(os.Stdout, "received %s\n", line)
}

// subscribeService registers the subscribers that PEER_TOPICS names, `topic` or `topic@queue`, with commas between.
func subscribeService(service micro.Service) error {
	for _, word := range strings.Split(os.Getenv("PEER_TOPICS"), ",") {
		if word == "" {
			continue
		}
		parts := append(strings.SplitN(word, "@", 2), "")
		topic, queue := parts[0], parts[1]
		handler := func(ctx context.Context, sample *pb.Sample) error {
			headers, _ := metadata.FromContext(ctx)
			tell(received{Topic: topic, Headers: headers, Message: textOf(sample)})
			return nil
		}
		var options []server.SubscriberOption
		if queue != "" {
			options = append(options, server.SubscriberQueue(queue))
		}
		if err := micro.RegisterSubscriber(topic, service.Server(), handler, options...); err != nil {
			return err
		}
	}
	return nil
}

// publication is one message for the broker, or an event for the client's Publish.
type publication struct {
	Topic   string
	Headers map[string]string
	Body    []byte
	// For events: the message as proto3 JSON, and how its body is to be written.
	Message     json.RawMessage
	ContentType string
}

// flow is a run of numbered messages; Count 0 goes on until it is stopped.
type flow struct {
	Topic     string
	PerSecond int
	Count     int
}

// flowTally is what go-micro said to a flow's publisher.
type flowTally struct {
	Published int `json:"published"`
	Failed    int `json:"failed"`
}

func addBroker(mux *http.ServeMux, service micro.Service) {
	// Connected, as go-micro's client sees to before it publishes: without, each message asks the registry anew.
	chosen := func() broker.Broker {
		if err := service.Options().Broker.Connect(); err != nil {
			panic(err)
		}
		return service.Options().Broker
	}
	subscribers := map[string]broker.Subscriber{}
	mux.HandleFunc("/broker/subscribe", func(w http.ResponseWriter, r *http.Request) {
		var asked subscription
		if read(w, r, &asked) {
			subscriber, err := subscribeBroker(chosen(), asked)
			subscribers[asked.Topic] = subscriber
			answerOr(w, "done", err)
		}
	})
	mux.HandleFunc("/broker/unsubscribe", func(w http.ResponseWriter, r *http.Request) {
		var asked subscription
		if read(w, r, &asked) {
			answerOr(w, "done", subscribers[asked.Topic].Unsubscribe())
		}
	})
	mux.HandleFunc("/broker/publish", func(w http.ResponseWriter, r *http.Request) {
		var asked publication
		if read(w, r, &asked) {
			answerOr(w, "done", chosen().Publish(asked.Topic, &broker.Message{Header: asked.Headers, Body: asked.Body}))
		}
	})
	mux.HandleFunc("/event/publish", func(w http.ResponseWriter, r *http.Request) {
		var asked publication
		if read(w, r, &asked) {
			answerOr(w, "done", publishEvent(service.Client(), asked))
		}
	})
	var stop chan struct{}
	var ended chan flowTally
	mux.HandleFunc("/broker/flow/start", func(w http.ResponseWriter, r *http.Request) {
		var asked flow
		if read(w, r, &asked) {
			stop, ended = make(chan struct{}), make(chan flowTally, 1)
			go func() { ended <- publishFlow(chosen(), asked, stop) }()
			answer(w, "started")
		}
	})
	mux.HandleFunc("/broker/flow/stop", func(w http.ResponseWriter, _ *http.Request) {
		close(stop)
		answer(w, <-ended)
	})
	mux.HandleFunc("/broker/flow/end", func(w http.ResponseWriter, _ *http.Request) { answer(w, <-ended) })
}

func subscribeBroker(to broker.Broker, asked subscription) (broker.Subscriber, error) {
	var options []broker.SubscribeOption
	if asked.Queue != "" {
		options = append(options, broker.Queue(asked.Queue))
	}
	return to.Subscribe(asked.Topic, func(event broker.Event) error {
		tell(received{Topic: event.Topic(), Headers: event.Message().Header, Body: event.Message().Body})
		if asked.Manner == "error" {
			return goerrors.New("failed as asked")
		}
		return nil
	}, options...)
}

func publishEvent(caller client.Client, asked publication) error {
	sample := new(pb.Sample)
	if err := jsonpb.UnmarshalString(string(asked.Message), sample); err != nil {
		return err
	}
	ctx := metadata.NewContext(context.Background(), asked.Headers)
	if asked.ContentType == "" {
		return micro.NewEvent(asked.Topic, caller).Publish(ctx, sample)
	}
	return caller.Publish(ctx, caller.NewMessage(asked.Topic, sample, client.WithMessageContentType(asked.ContentType)))
}

func publishFlow(through broker.Broker, asked flow, stop chan struct{}) flowTally {
	var tally flowTally
	ticker := time.NewTicker(time.Second / time.Duration(asked.PerSecond))
	defer ticker.Stop()
	for asked.Count == 0 || tally.Published < asked.Count {
		select {
		case <-stop:
			return tally
		case <-ticker.C:
			tally.Published++
			headers := map[string]string{"Number": strconv.Itoa(tally.Published)}
			if err := through.Publish(asked.Topic, &broker.Message{Header: headers}); err != nil {
				tally.Failed++
			}
		}
	}
	return tally
}
