// Older is the http broker of go-micro v1, over etcd, told over HTTP what to do: the twin of go/peer/broker.go in the
// dialect that came before `micro.http.broker`.
//
//	OLDER_ETCD     where etcd listens, host:port with commas between
//	OLDER_CONTROL  where to be told, host:port
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/micro/go-micro/broker"
	"github.com/micro/go-micro/registry"
	"github.com/micro/go-micro/registry/etcd"
)

type order struct {
	Topic   string
	Queue   string
	Headers map[string]string
	Body    []byte
}

// received is one message as its handler sees it.
type received struct {
	Topic   string            `json:"topic"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body"`
}

func main() {
	addresses := strings.Split(os.Getenv("OLDER_ETCD"), ",")
	found := etcd.NewRegistry(registry.Addrs(addresses...))
	carrier := broker.NewBroker(broker.Registry(found), broker.Addrs("127.0.0.1:0"))
	if err := carrier.Init(); err != nil {
		log.Fatal(err)
	}
	if err := carrier.Connect(); err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/broker/subscribe", func(w http.ResponseWriter, r *http.Request) {
		carryOut(w, r, func(o order) error {
			var options []broker.SubscribeOption
			if o.Queue != "" {
				options = append(options, broker.Queue(o.Queue))
			}
			_, err := carrier.Subscribe(o.Topic, tell, options...)
			return err
		})
	})
	http.HandleFunc("/broker/publish", func(w http.ResponseWriter, r *http.Request) {
		carryOut(w, r, func(o order) error {
			return carrier.Publish(o.Topic, &broker.Message{Header: o.Headers, Body: o.Body})
		})
	})
	log.Fatal(http.ListenAndServe(os.Getenv("OLDER_CONTROL"), nil))
}

func carryOut(w http.ResponseWriter, r *http.Request, work func(order) error) {
	var asked order
	err := json.NewDecoder(r.Body).Decode(&asked)
	if err == nil {
		err = work(asked)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	fmt.Fprintln(w, `"done"`)
}

func tell(event broker.Event) error {
	line, err := json.Marshal(received{event.Topic(), event.Message().Header, event.Message().Body})
	if err != nil {
		return err
	}
	fmt.Printf("received %s\n", line)
	return nil
}
