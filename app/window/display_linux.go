//go:build desktop

package window

/*
#cgo pkg-config: gtk+-3.0
#include <gtk/gtk.h>

static int displayOpens(void) { return gtk_init_check(NULL, NULL); }

// themeIsDark judges as WebKitGTK does for prefers-color-scheme.
static int themeIsDark(void) {
	GtkSettings *settings = gtk_settings_get_default();
	gboolean dark = FALSE;
	gchar *theme = NULL;
	if (settings == NULL) return 0;
	g_object_get(settings, "gtk-application-prefer-dark-theme", &dark, "gtk-theme-name", &theme, NULL);
	const gchar *forced = g_getenv("GTK_THEME");
	if (!dark && theme != NULL) dark = g_str_has_suffix(theme, "-dark") || g_str_has_suffix(theme, "-Dark");
	if (forced != NULL) dark = g_str_has_suffix(forced, ":dark") || g_str_has_suffix(forced, "-dark") || g_str_has_suffix(forced, "-Dark");
	g_free(theme);
	return dark;
}
*/
import "C"

import "metapi/backend/control/client"

// checkDisplay says where there is no display. Wails would panic.
func checkDisplay() error {
	if C.displayOpens() == 0 {
		return client.NewProblem(client.Invalid, "There is no display to open a window on: use `metapi serve`, which needs none.", "")
	}
	return nil
}

// systemDark reports whether the desktop is dark. It must be called on the main thread.
func systemDark() bool { return C.themeIsDark() != 0 }
