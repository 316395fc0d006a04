package window

import (
	"net/http"
	"testing"

	"metapi/backend/control/client"
)

func TestSettings(t *testing.T) {
	o := newData(t)
	h := start(t, o)
	yes, dark := true, "dark"
	if _, err := h.api.EditSettings(t.Context(), client.EditSettings{StartHidden: &yes, Theme: &dark}); err != nil {
		t.Fatal(err)
	}
	s, err := settings(t.Context(), h.api)
	if err != nil || !s.StartHidden || !s.CloseToTray || s.Theme != "dark" {
		t.Errorf("%+v, %v", s, err)
	}
	s, err = settings(t.Context(), client.InProcess(http.NotFoundHandler()))
	if err == nil || s.CloseToTray || s.StartHidden || s.Theme != "system" {
		t.Errorf("where they cannot be read: %+v, %v", s, err)
	}
}
