package main

import (
	"context"
	goerrors "errors"
	"strings"
	"sync"
	"time"

	"interop/peer/pb"

	"github.com/micro/go-micro/v2/client"
	"github.com/micro/go-micro/v2/errors"
	"github.com/micro/go-micro/v2/metadata"
)

type peerMethods interface {
	Echo(context.Context, *pb.Sample, *pb.Sample) error
	Fill(context.Context, *pb.Length, *pb.Sample) error
	Nothing(context.Context, *pb.Empty, *pb.Empty) error
	Fail(context.Context, *pb.Failure, *pb.Empty) error
	Wait(context.Context, *pb.Pause, *pb.Empty) error
	Look(context.Context, *pb.Pause, *pb.Seen) error
	Relay(context.Context, *pb.Onward, *pb.Seen) error
	Recall(context.Context, *pb.Key, *pb.Memory) error
}

type peer struct {
	node   string
	client client.Client

	mu       sync.Mutex
	memories map[string]*pb.Memory
}

func newPeer(node string, client client.Client) *peer {
	return &peer{node: node, client: client, memories: map[string]*pb.Memory{}}
}

func (p *peer) Echo(_ context.Context, req *pb.Sample, rsp *pb.Sample) error {
	rsp.Text, rsp.Big, rsp.Blob, rsp.Tags, rsp.Kind = req.Text, req.Big, req.Blob, req.Tags, req.Kind
	rsp.Counts, rsp.InnerValue, rsp.Yes, rsp.Ratio = req.Counts, req.InnerValue, req.Yes, req.Ratio
	rsp.Huge, rsp.ManyInner = req.Huge, req.ManyInner
	return nil
}

func (p *peer) Fill(_ context.Context, req *pb.Length, rsp *pb.Sample) error {
	rsp.Blob = make([]byte, req.Bytes)
	return nil
}

func (p *peer) Nothing(context.Context, *pb.Empty, *pb.Empty) error { return nil }

func (p *peer) Fail(_ context.Context, req *pb.Failure, _ *pb.Empty) error {
	calls := p.remember(req.Key, func(m *pb.Memory) { m.Calls++ })
	switch {
	case req.WellFrom > 0 && calls >= req.WellFrom:
		return nil
	case req.Manner == "plain":
		return goerrors.New(req.Detail)
	case req.Manner == "panic":
		panic(req.Detail)
	case req.Manner == "error":
		return errors.New(req.Id, req.Detail, req.Code)
	}
	return nil
}

func (p *peer) Wait(ctx context.Context, req *pb.Pause, _ *pb.Empty) error {
	p.remember(req.Key, func(m *pb.Memory) { m.Calls++ })
	select {
	case <-time.After(time.Duration(req.Ms) * time.Millisecond):
		p.remember(req.Key, func(m *pb.Memory) { m.Finished++ })
		return nil
	case <-ctx.Done():
		p.remember(req.Key, func(m *pb.Memory) { m.GivenUp++ })
		return ctx.Err()
	}
}

func (p *peer) Look(ctx context.Context, req *pb.Pause, rsp *pb.Seen) error {
	time.Sleep(time.Duration(req.Ms) * time.Millisecond)
	rsp.Node, rsp.LeftMs, rsp.Headers = p.node, -1, map[string]string{}
	if deadline, ok := ctx.Deadline(); ok {
		rsp.LeftMs = int64(time.Until(deadline) / time.Millisecond)
	}
	if md, ok := metadata.FromContext(ctx); ok {
		for key, value := range md {
			rsp.Headers[strings.ToLower(key)] = value
		}
	}
	return nil
}

func (p *peer) Relay(ctx context.Context, req *pb.Onward, rsp *pb.Seen) error {
	time.Sleep(time.Duration(req.PauseMs) * time.Millisecond)
	return p.client.Call(ctx, p.client.NewRequest(req.Service, "Peer.Look", &pb.Pause{}), rsp)
}

func (p *peer) Recall(_ context.Context, req *pb.Key, rsp *pb.Memory) error {
	p.remember(req.Key, func(m *pb.Memory) { rsp.Calls, rsp.Finished, rsp.GivenUp = m.Calls, m.Finished, m.GivenUp })
	return nil
}

// remember changes what is known under a key and gives its calls.
func (p *peer) remember(key string, change func(*pb.Memory)) int32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	memory := p.memories[key]
	if memory == nil {
		memory = &pb.Memory{}
		p.memories[key] = memory
	}
	change(memory)
	return memory.Calls
}
