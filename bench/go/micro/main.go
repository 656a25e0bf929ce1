// Bench serves or makes unary calls over go-micro v2 with its gRPC client and server: `micro server` and
// `micro client`. It answers each line of JSON on stdin with one on stdout.
package main

import (
	"context"
	"os"
	"time"

	"bench/shared/pb"
	"bench/shared/worker"

	"github.com/micro/go-micro/v2/client"
	cgrpc "github.com/micro/go-micro/v2/client/grpc"
	"github.com/micro/go-micro/v2/client/selector"
	"github.com/micro/go-micro/v2/logger"
	"github.com/micro/go-micro/v2/metadata"
	"github.com/micro/go-micro/v2/registry"
	"github.com/micro/go-micro/v2/registry/memory"
	"github.com/micro/go-micro/v2/server"
	sgrpc "github.com/micro/go-micro/v2/server/grpc"
)

var message = &pb.Message{
	Name:   "huohuo",
	Number: 1589270887,
	Text:   "a text of some forty characters, no more",
	Tags:   []string{"a", "b"},
}

// Echo is the service.
type Echo struct{}

// Unary answers with the request.
func (*Echo) Unary(_ context.Context, request *pb.Message, reply *pb.Message) error {
	reply.Name, reply.Number, reply.Text, reply.Tags = request.Name, request.Number, request.Text, request.Tags
	return nil
}

func main() {
	worker.Check(logger.Init(logger.WithLevel(logger.ErrorLevel)))
	if os.Args[1] == "server" {
		worker.Serve(serve())
		return
	}
	worker.MakeCalls(connect)
}

func serve() string {
	s := sgrpc.NewServer(server.Name("bench"), server.Registry(memory.NewRegistry()), server.Address("127.0.0.1:0"))
	worker.Check(s.Handle(s.NewHandler(&Echo{})))
	worker.Check(s.Start())
	return s.Options().Address
}

func connect(address string) func() error {
	nodes := memory.NewRegistry()
	worker.Check(nodes.Register(&registry.Service{
		Name:    "bench",
		Version: "latest",
		Nodes:   []*registry.Node{{Id: "bench-1", Address: address, Metadata: map[string]string{"protocol": "grpc"}}},
	}))
	c := cgrpc.NewClient(
		client.Selector(selector.NewSelector(selector.Registry(nodes))),
		client.RequestTimeout(5*time.Second),
	)
	ctx := metadata.NewContext(context.Background(), metadata.Metadata{"Micro-From-Service": "bench"})
	return func() error {
		return c.Call(ctx, c.NewRequest("bench", "Echo.Unary", message), new(pb.Message))
	}
}
