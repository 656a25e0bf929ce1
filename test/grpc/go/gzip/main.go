// The interop cases with every message compressed, which grpc-go's own interop programs do not do.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/interop"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/stats"
)

var (
	serve = flag.String("serve", "", "serve here, and compress each reply")
	call  = flag.String("call", "", "call this server with compressed messages, then end")
)

func main() {
	flag.Parse()
	if *serve != "" {
		check(server(*serve))
		return
	}
	check(client(*call))
}

// Counts the messages that came compressed, and says so of each.
type meter struct{ compressed atomic.Int64 }

func (m *meter) HandleRPC(_ context.Context, event stats.RPCStats) {
	if in, ok := event.(*stats.InPayload); ok && in.CompressedLength != in.Length {
		m.compressed.Add(1)
		if *serve != "" {
			fmt.Println("compressed request of", in.Length, "bytes")
		}
	}
}

func (*meter) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (*meter) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (*meter) HandleConn(context.Context, stats.ConnStats)                       {}

func server(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	s := grpc.NewServer(
		grpc.StatsHandler(&meter{}),
		grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if err := grpc.SetSendCompressor(ctx, gzip.Name); err != nil {
				return nil, err
			}
			return next(ctx, req)
		}),
		grpc.StreamInterceptor(func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			if err := grpc.SetSendCompressor(stream.Context(), gzip.Name); err != nil {
				return err
			}
			return next(srv, stream)
		}),
	)
	grpc_testing.RegisterTestServiceServer(s, interop.NewTestServer())
	fmt.Println("serving", listener.Addr())
	return s.Serve(listener)
}

// client runs cases of the interop suite, each of which ends the process when it fails.
func client(address string) error {
	replies := &meter{}
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithStatsHandler(replies))
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx := context.Background()
	service := grpc_testing.NewTestServiceClient(conn)
	compressed := grpc.UseCompressor(gzip.Name)
	interop.DoEmptyUnaryCall(ctx, service, compressed)
	interop.DoLargeUnaryCall(ctx, service, compressed)
	interop.DoClientStreaming(ctx, service, compressed)
	interop.DoServerStreaming(ctx, service, compressed)
	interop.DoPingPong(ctx, service, compressed)
	fmt.Println("all cases passed,", replies.compressed.Load(), "replies were compressed")
	return nil
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
