// Micro is the toolkit at the version that goes with go-micro v2.9.1: `micro api`, and the commands that ask services.
//
// The whole program also links an old QUIC library, which refuses to start when built with a Go newer than 1.14.
package main

import (
	"github.com/micro/go-micro/v2/config/cmd"
	"github.com/micro/go-micro/v2/logger"
	"github.com/micro/micro/v2/client/api"
	"github.com/micro/micro/v2/client/cli"
	"github.com/micro/micro/v2/service/health"
)

func main() {
	commands := append(api.Commands(), health.Commands()...)
	cmd.App().Commands = append(commands, cli.Commands()...)
	if err := cmd.Init(cmd.Name("micro")); err != nil {
		logger.Fatal(err)
	}
}
