package client

import (
	"context"
	"net/url"

	"metapi/backend/control"
)

// The types of what [Client.Health] tells.
type (
	Health           = control.Health
	AccountHealth    = control.AccountHealth
	DeploymentHealth = control.DeploymentHealth
	Cooling          = control.Cooling
	Vitals           = control.Vitals
)

// Health tells how one account (id, slug or name) or all ("") have done lately, and their models.
func (c *Client) Health(ctx context.Context, account string) (control.Health, error) {
	q := url.Values{}
	if account != "" {
		q.Set("account", account)
	}
	return get[control.Health](ctx, c, "/api/health", q)
}

// ClearCooldown lets an account be chosen again at once.
func (c *Client) ClearCooldown(ctx context.Context, ref string) (control.Done, error) {
	return post[control.Done](ctx, c, "/api/accounts/"+url.PathEscape(ref)+"/clear-cooldown", nil)
}
