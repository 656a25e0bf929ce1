package main

import (
	"context"
	"sync"

	"github.com/micro/go-micro/v2/client"
	"github.com/micro/go-micro/v2/registry"
)

// An attempt may outlive the call that it belongs to.
var recordingLock sync.Mutex

// recording notes each attempt of a call where go-micro lets a wrapper see it.
func recording(next client.CallFunc, attempts *[]attempt) client.CallFunc {
	return func(ctx context.Context, node *registry.Node, req client.Request, rsp interface{}, opts client.CallOptions) error {
		err := next(ctx, node, req, rsp, opts)
		made := attempt{Address: node.Address}
		if err != nil {
			made.Error = err.Error()
		}
		recordingLock.Lock()
		*attempts = append(*attempts, made)
		recordingLock.Unlock()
		return err
	}
}
