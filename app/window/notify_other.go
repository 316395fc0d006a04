//go:build desktop && !linux

package window

import (
	"github.com/wailsapp/wails/v2/pkg/runtime"

	"metapi/backend/control/client"
)

// newNotifier returns what shows a notice. A click on one calls open with its page.
func (a *app) newNotifier(open func(page string)) (show func(client.Notice) error, err error) {
	if err := runtime.InitializeNotifications(a.wails); err != nil {
		return nil, err
	}
	runtime.OnNotificationResponse(a.wails, func(r runtime.NotificationResult) {
		if page, ok := r.Response.UserInfo["page"].(string); ok && r.Error == nil {
			open(page)
		}
	})
	return func(n client.Notice) error {
		return runtime.SendNotification(a.wails, runtime.NotificationOptions{ID: n.ID, Title: n.Title, Body: n.Text, Data: map[string]any{"page": n.Page}})
	}, nil
}
