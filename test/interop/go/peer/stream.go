package main

import (
	"context"
	goerrors "errors"
	"io"
	"strings"
	"sync"
	"time"

	"interop/peer/pb"

	"github.com/micro/go-micro/v2/errors"
	"github.com/micro/go-micro/v2/metadata"
	"github.com/micro/go-micro/v2/server"
)

// Streams is the handler of stream.proto, written as protoc-gen-micro's code calls it: whichever side streams, a method
// gets the stream and takes or gives messages on it.
type Streams struct{ *courses }

// courses are what became of the streams, by key.
type courses struct {
	mu    sync.Mutex
	known map[string]*pb.Course
}

func newStreams() *Streams { return &Streams{&courses{known: map[string]*pb.Course{}}} }

func (c *courses) note(key string, change func(*pb.Course)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known[key] == nil {
		c.known[key] = &pb.Course{}
	}
	change(c.known[key])
}

// over notes how a stream ended and gives the error to end it with.
func (c *courses) over(key string, err error, asTold bool) error {
	c.note(key, func(course *pb.Course) {
		if asTold {
			course.Ended++
		} else {
			course.GivenUp++
		}
	})
	return err
}

func (s *Streams) Count(ctx context.Context, stream server.Stream) error {
	order := new(pb.Order)
	if err := stream.Recv(order); err != nil {
		return err
	}
	s.note(order.Key, func(course *pb.Course) { course.Begun++; course.Received++ })
	for number := int32(1); number <= order.Parts; number++ {
		if err := stream.Send(&pb.Part{Number: number, Blob: make([]byte, order.Bytes)}); err != nil {
			return s.over(order.Key, err, false)
		}
		s.note(order.Key, func(course *pb.Course) { course.Sent++ })
		if err := pause(ctx, order.PauseMs); err != nil {
			return s.over(order.Key, err, false)
		}
	}
	err, asTold := carryOutEnding(ctx, order.Ending)
	return s.over(order.Key, err, asTold)
}

func (s *Streams) Gather(ctx context.Context, stream server.Stream) error {
	tally := new(pb.Tally)
	return s.eachPart(ctx, stream, func(part *pb.Part) error {
		tally.Parts++
		tally.Bytes += int64(len(part.Blob))
		tally.Numbers = append(tally.Numbers, part.Number)
		return nil
	}, func(int32) error { return stream.Send(tally) })
}

func (s *Streams) Chat(ctx context.Context, stream server.Stream) error {
	return s.eachPart(ctx, stream, func(part *pb.Part) error {
		return stream.Send(part)
	}, func(parts int32) error {
		return stream.Send(&pb.Part{Number: parts, Text: "bye"})
	})
}

// eachPart takes parts until they are over, or one has an ending. What is to be sent last is sent unless that is an error.
func (s *Streams) eachPart(ctx context.Context, stream server.Stream, take func(*pb.Part) error, last func(int32) error) error {
	var key string
	var parts int32
	for {
		part := new(pb.Part)
		err := stream.Recv(part)
		if err == io.EOF {
			return s.over(key, last(parts), true)
		}
		if err != nil {
			return s.over(key, err, false)
		}
		parts++
		if parts == 1 {
			key = part.Key
			s.note(key, func(course *pb.Course) { course.Begun++ })
		}
		s.note(key, func(course *pb.Course) { course.Received++ })
		if err := take(part); err != nil {
			return s.over(key, err, false)
		}
		if err := pause(ctx, part.PauseMs); err != nil {
			return s.over(key, err, false)
		}
		if part.Ending != nil {
			err, asTold := carryOutEnding(ctx, part.Ending)
			if err == nil && asTold {
				err = last(parts)
				time.Sleep(time.Duration(part.PauseMs) * time.Millisecond)
			}
			return s.over(key, err, asTold)
		}
	}
}

func (s *Streams) Show(ctx context.Context, stream server.Stream) error {
	if err := stream.Recv(new(pb.Order)); err != nil {
		return err
	}
	seen := &pb.Seen{LeftMs: -1, Headers: map[string]string{}}
	if deadline, ok := ctx.Deadline(); ok {
		seen.LeftMs = int64(time.Until(deadline) / time.Millisecond)
	}
	if md, ok := metadata.FromContext(ctx); ok {
		for key, value := range md {
			seen.Headers[strings.ToLower(key)] = value
		}
	}
	return stream.Send(seen)
}

func (s *Streams) Recall(_ context.Context, req *pb.Key, rsp *pb.Course) error {
	s.note(req.Key, func(c *pb.Course) {
		rsp.Begun, rsp.Received, rsp.Sent, rsp.Ended, rsp.GivenUp = c.Begun, c.Received, c.Sent, c.Ended, c.GivenUp
	})
	return nil
}

// carryOutEnding gives the error of an ending, and whether the stream ends as it was told to.
func carryOutEnding(ctx context.Context, ending *pb.Ending) (error, bool) {
	switch ending.GetManner() {
	case "error":
		return errors.New(ending.Id, ending.Detail, ending.Code), true
	case "plain":
		return goerrors.New(ending.Detail), true
	case "hold":
		<-ctx.Done()
		return ctx.Err(), false
	}
	return nil, true
}

func pause(ctx context.Context, ms int64) error {
	if ms == 0 {
		return ctx.Err()
	}
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
