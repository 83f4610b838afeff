package main

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// askGRPC asks the standard health service for one service, or for the whole server.
func askGRPC(ctx context.Context, address string, service *string) error {
	connection, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	request := &grpc_health_v1.HealthCheckRequest{}
	if service != nil {
		request.Service = *service
	}
	answer, err := grpc_health_v1.NewHealthClient(connection).Check(ctx, request)
	if err != nil {
		return err
	}
	if answer.Status != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("it answers %s", answer.Status)
	}
	return nil
}
