// Micro is `micro api` of the toolkit, at the version that goes with go-micro v2.9.1.
//
// The whole program also links an old QUIC library, which refuses to start when built with a Go newer than 1.14.
package main

import (
	"github.com/micro/go-micro/v2/config/cmd"
	"github.com/micro/go-micro/v2/logger"
	"github.com/micro/micro/v2/client/api"
)

func main() {
	cmd.App().Commands = api.Commands()
	if err := cmd.Init(cmd.Name("micro")); err != nil {
		logger.Fatal(err)
	}
}
