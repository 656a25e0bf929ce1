module bench/micro

go 1.14

require (
	bench/shared v0.0.0
	github.com/micro/go-micro/v2 v2.9.1
)

replace bench/shared => ../shared
