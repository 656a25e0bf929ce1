module interop/peer

go 1.14

require (
	github.com/golang/protobuf v1.4.0
	github.com/micro/go-micro/v2 v2.9.1
	google.golang.org/grpc v1.26.0
	google.golang.org/protobuf v1.22.0
)
