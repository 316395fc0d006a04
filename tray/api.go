package tray

import (
	"context"

	"metapi/backend/control/client"
)

// API is what the tray needs of the backend. *client.Client has it.
type API interface {
	Status(context.Context) (client.Status, error)
	Usage(context.Context, client.UsageQuery) (client.UsageReport, error)
	Mode(context.Context) (client.ModeInfo, error)
	Settings(context.Context) (client.Settings, error)
	SetMode(ctx context.Context, mode string) (client.ModeInfo, error)
	Pause(context.Context) (client.Paused, error)
	Resume(context.Context) (client.Paused, error)
	Events(ctx context.Context, o client.EventsOptions, fn func(client.Event)) error
}

var _ API = (*client.Client)(nil)
