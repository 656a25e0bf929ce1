module bench/shared

go 1.14

require (
	github.com/golang/protobuf v1.4.0
	google.golang.org/protobuf v1.22.0
)
