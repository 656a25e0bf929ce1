// Bench serves or makes unary calls over grpc-go: `grpc server` and `grpc client`. It answers each line of JSON on
// stdin with one on stdout.
package main

import (
	"context"
	"net"
	"os"
	"time"

	"bench/shared/pb"
	"bench/shared/worker"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

const path = "/bench.Echo/Unary"

var message = &pb.Message{
	Name:   "huohuo",
	Number: 1589270887,
	Text:   "a text of some forty characters, no more",
	Tags:   []string{"a", "b"},
}

func main() {
	if os.Args[1] == "server" {
		worker.Serve(serve())
		return
	}
	worker.MakeCalls(connect)
}

func serve() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	worker.Check(err)
	server := grpc.NewServer()
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "bench.Echo",
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Unary", Handler: echo}},
	}, nil)
	go func() { worker.Check(server.Serve(listener)) }()
	return listener.Addr().String()
}

func echo(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	request := new(pb.Message)
	return request, decode(request)
}

func connect(address string) func() error {
	connection, err := grpc.Dial(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	worker.Check(err)
	headers := metadata.Pairs("micro-from-service", "bench", "timeout", "5000000000", "x-content-type", "application/grpc+proto")
	return func() error {
		ctx, cancel := context.WithTimeout(metadata.NewOutgoingContext(context.Background(), headers), 5*time.Second)
		defer cancel()
		return connection.Invoke(ctx, path, message, new(pb.Message))
	}
}
