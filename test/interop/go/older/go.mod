module interop/older

go 1.14

require (
	github.com/coreos/pkg v0.0.0-20240122114842-bbd7aa9bf6fb // indirect
	github.com/micro/go-micro v1.18.0
	golang.org/x/net v0.0.0-20200520182314-0ba52f642ac2
	golang.org/x/sys v0.0.0-20200523222454-059865788121
)

replace (
	// Its version that go-micro names is not on the module proxy, and nothing imports it.
	github.com/micro/protoc-gen-micro => ./absent
	// The etcd client of that time compiles with no newer one.
	google.golang.org/grpc => google.golang.org/grpc v1.26.0
)
