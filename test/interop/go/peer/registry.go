package main

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/micro/go-micro/v2"
	"github.com/micro/go-micro/v2/registry"
)

type registration struct {
	Service    registry.Service
	TtlSeconds int64
}

// addRegistry lets the test use the registry that go-micro's flags chose, as Go programs see it.
func addRegistry(mux *http.ServeMux, service micro.Service) {
	found := func() registry.Registry { return service.Server().Options().Registry }
	mux.HandleFunc("/registry/get", func(w http.ResponseWriter, r *http.Request) {
		services, err := found().GetService(r.URL.Query().Get("name"))
		answerOr(w, services, err)
	})
	mux.HandleFunc("/registry/list", func(w http.ResponseWriter, _ *http.Request) {
		services, err := found().ListServices()
		answerOr(w, services, err)
	})
	mux.HandleFunc("/registry/register", func(w http.ResponseWriter, r *http.Request) {
		var asked registration
		if read(w, r, &asked) {
			ttl := time.Duration(asked.TtlSeconds) * time.Second
			answerOr(w, "done", found().Register(&asked.Service, registry.RegisterTTL(ttl)))
		}
	})
	mux.HandleFunc("/registry/deregister", func(w http.ResponseWriter, r *http.Request) {
		var asked registration
		if read(w, r, &asked) {
			answerOr(w, "done", found().Deregister(&asked.Service))
		}
	})
	mux.HandleFunc("/registry/watch", func(w http.ResponseWriter, r *http.Request) {
		watcher, err := found().Watch(registry.WatchService(r.URL.Query().Get("name")))
		if err != nil {
			answerOr(w, nil, err)
			return
		}
		go func() {
			<-r.Context().Done()
			watcher.Stop()
		}()
		lines := json.NewEncoder(w)
		_ = lines.Encode("watching") // fails only when nobody reads, which ends the loop below too
		w.(http.Flusher).Flush()
		for {
			result, err := watcher.Next()
			if err != nil || lines.Encode(result) != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	})
}

func answerOr(w http.ResponseWriter, value interface{}, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	answer(w, value)
}
