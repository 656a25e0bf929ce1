// Peer is a go-micro v2 service, and a go-micro v2 client that is told over HTTP what to call.
//
// It takes go-micro's flags and environment, and of its own:
//
//	PEER_NAME     the name given in code, which --server_name replaces; what Micro-From-Service says
//	PEER_CONTROL  where to be told, host:port
//	PEER_TOPICS   topics that the service subscribes to, `topic` or `topic@queue`, with commas between
//	PEER_LIMIT    bytes that a message of its client and server may have, instead of go-micro's 4 MiB
package main

import (
	"fmt"
	"net/http"
	"os"
	"strconv"

	"interop/peer/pb"

	"github.com/micro/go-micro/v2"
	cgrpc "github.com/micro/go-micro/v2/client/grpc"
	"github.com/micro/go-micro/v2/logger"
	sgrpc "github.com/micro/go-micro/v2/server/grpc"
)

func main() {
	service := micro.NewService(micro.Name(os.Getenv("PEER_NAME")))
	service.Init()
	if limit, err := strconv.Atoi(os.Getenv("PEER_LIMIT")); err == nil {
		service.Client().Init(cgrpc.MaxSendMsgSize(limit), cgrpc.MaxRecvMsgSize(limit))
		service.Server().Init(sgrpc.MaxMsgSize(limit))
	}
	handler := newPeer(fmt.Sprintf("go-%d", os.Getpid()), service.Client())
	if err := service.Server().Handle(service.Server().NewHandler(&Peer{handler})); err != nil {
		logger.Fatal(err)
	}
	if err := service.Server().Handle(service.Server().NewHandler(newStreams())); err != nil {
		logger.Fatal(err)
	}
	if err := subscribeService(service); err != nil {
		logger.Fatal(err)
	}
	go func() {
		logger.Fatal(http.ListenAndServe(os.Getenv("PEER_CONTROL"), newControl(service)))
	}()
	if err := service.Run(); err != nil {
		logger.Fatal(err)
	}
}

// Peer is the name under which go-micro finds the handler, with the methods that it is to find and no others.
type Peer struct{ peerMethods }

var _ peerMethods = (*peer)(nil)

type message interface {
	Reset()
	String() string
	ProtoMessage()
}

// messages are the endpoints' requests and responses, since a client of go-micro has to bring them.
var messages = map[string]func() (request, response message){
	"Peer.Echo":    func() (message, message) { return new(pb.Sample), new(pb.Sample) },
	"Peer.Fill":    func() (message, message) { return new(pb.Length), new(pb.Sample) },
	"Peer.Nothing": func() (message, message) { return new(pb.Empty), new(pb.Empty) },
	"Peer.Fail":    func() (message, message) { return new(pb.Failure), new(pb.Empty) },
	"Peer.Wait":    func() (message, message) { return new(pb.Pause), new(pb.Empty) },
	"Peer.Look":    func() (message, message) { return new(pb.Pause), new(pb.Seen) },
	"Peer.Relay":   func() (message, message) { return new(pb.Onward), new(pb.Seen) },
	"Peer.Recall":  func() (message, message) { return new(pb.Key), new(pb.Memory) },
}
