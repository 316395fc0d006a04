package tray

import (
	"context"

	"metapi/backend/control/client"
)

// API is what the tray needs of the backend. *client.Client has it.
type API interface {
	Status(context.Context) (client.Status, error)
	Budgets(context.Context) ([]client.BudgetStanding, error)
	Usage(context.Context, client.UsageQuery) (client.UsageReport, error)
	Requests(context.Context, client.RequestsQuery) (client.Requests, error)
	Mode(context.Context) (client.ModeInfo, error)
	Settings(context.Context) (client.Settings, error)
	SetMode(ctx context.Context, mode string) (client.ModeInfo, error)
	Pause(context.Context) (client.Paused, error)
	Resume(context.Context) (client.Paused, error)
	Clients(context.Context) ([]client.Key, error)
	AddClient(ctx context.Context, name string) (client.KeyText, error)
	ClientKey(ctx context.Context, ref string) (client.KeyText, error)
	EditClient(ctx context.Context, ref string, in client.EditKey) (client.Key, error)
	EditAccount(ctx context.Context, ref string, in client.EditAccount) (client.Account, error)
	ClearCooldown(ctx context.Context, ref string) (client.Done, error)
	Desktop(context.Context) (client.Desktop, error)
	EditDesktop(context.Context, client.EditDesktop) (client.Desktop, error)
	Events(ctx context.Context, o client.EventsOptions, fn func(client.Event)) error
}

var _ API = (*client.Client)(nil)
