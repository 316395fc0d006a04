//go:build desktop

package window

import (
	"context"
	_ "embed"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	goruntime "runtime"
	"syscall"
	"time"

	"github.com/wailsapp/wails/v2/pkg/logger"
	"github.com/wailsapp/wails/v2/pkg/menu"
	"github.com/wailsapp/wails/v2/pkg/menu/keys"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"
	"github.com/wailsapp/wails/v2/pkg/options/mac"
	"github.com/wailsapp/wails/v2/pkg/options/windows"
	"github.com/wailsapp/wails/v2/pkg/runtime"

	"metapi/backend/control/client"
	"metapi/backend/words"
)

// What the page tells.
const (
	hereName  = "metapi:here"  // it listens; the toolkit has called it ready before that, when its scripts had yet to begin
	frontName = "metapi:front" // whether it has the keyboard, and so a person before it
)

// The toolkits want the thread that the program has begun on.
func init() { goruntime.LockOSThread() }

// icon is drawn by build/icons.
//
//go:embed icon.png
var icon []byte

// readyPatience is how long the page may take until the window takes orders without it.
const readyPatience = 5 * time.Second

// toolkit returns the window as Wails is to make it.
func (a *app) toolkit(set client.Settings, hidden bool) *options.App {
	o := &options.App{
		Title: "Metapi", Width: 1100, Height: 760, MinWidth: 640, MinHeight: 480,
		StartHidden:      hidden,
		BackgroundColour: background(set.Theme, a.dark),
		// Not the asset server's Handler: under `wails dev` Vite answers every path before that.
		AssetServer: &assetserver.Options{Assets: a.o.Pages, Middleware: func(files http.Handler) http.Handler {
			return pagesAPI(a.host, a.desktop, files)
		}},
		OnStartup:          a.startup,
		OnDomReady:         a.pageReady,
		OnBeforeClose:      func(context.Context) bool { return a.presence.close() },
		Logger:             wailsLog{a.log},
		LogLevelProduction: logger.WARNING,
		Windows:            &windows.Options{Theme: windowsTheme(set.Theme), DisablePinchZoom: true},
		Mac:                &mac.Options{Appearance: macAppearance(set.Theme)},
		Linux:              &linux.Options{Icon: icon, ProgramName: "metapi", WebviewGpuPolicy: linux.WebviewGpuPolicyOnDemand},
	}
	if cache, err := os.UserCacheDir(); err == nil { // else in the folder that Windows copies from machine to machine
		o.Windows.WebviewUserDataPath = filepath.Join(cache, "metapi", "webview")
	}
	if goruntime.GOOS == "darwin" {
		// The application menu of Wails ends the app by what is a close to it, which may only hide the window.
		own := menu.NewMenu()
		own.AddText(words.Say(words.Of(set.Language), "Quit Metapi"), keys.CmdOrCtrl("q"), func(*menu.CallbackData) { a.presence.quit() })
		o.Menu = menu.NewMenuFromItems(menu.SubMenu("Metapi", own), menu.EditMenu(), menu.WindowMenu())
	}
	return o
}

// startup is called once, as soon as Wails takes calls. Its main loop may not run yet, and what the window is told now may be
// undone by its being made: so presence gets it later.
func (a *app) startup(ctx context.Context) {
	a.wails, a.screen = ctx, newWailsScreen(ctx)
	close(a.up)
	runtime.EventsOn(ctx, hereName, func(...any) {
		a.feed.ready(func(name string, data ...any) { runtime.EventsEmit(ctx, name, data...) })
	})
	runtime.EventsOn(ctx, frontName, func(data ...any) {
		a.presence.front(len(data) == 1 && data[0] == true)
	})
	go a.obeySignals()
	go a.followSettings()
	a.startTray()
	time.AfterFunc(readyPatience, func() { a.presence.ready(a.screen) })
}

// pageReady is called for each page that has been loaded. Its scripts may not listen yet.
func (a *app) pageReady(context.Context) {
	<-a.up
	a.presence.ready(a.screen)
}

// obeySignals ends the program with the first signal, and at once with the second. Wails takes a signal for a close, which
// may only hide the window, and takes the second one, too: so it hears of none.
func (a *app) obeySignals() {
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(a.ctx, a.presence.quit) // a signal may have come before
	<-told
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	a.presence.quit()
}

func (a *app) copyText(text string) {
	if err := runtime.ClipboardSetText(a.wails, text); err != nil {
		a.log.Warn("nothing was copied", "error", err)
	}
}

// paint gives what is behind the page the page's colour.
func (a *app) paint(theme string) {
	c := background(theme, a.dark)
	runtime.WindowSetBackgroundColour(a.wails, c.R, c.G, c.B, c.A)
}

// notify shows what the person wants to hear of as the desktop does it, where it can. A click opens the page that shows more.
func (a *app) notify(n client.Notice) {
	select {
	case <-a.up:
	case <-a.ctx.Done():
		return
	}
	a.notices.Do(func() {
		show, err := a.newNotifier(a.openAt)
		if err != nil {
			a.log.Warn("this desktop shows no notifications", "error", err)
			return
		}
		a.showNotice = show
	})
	if a.showNotice == nil {
		return
	}
	set, err := settings(a.ctx, a.api)
	if err != nil {
		a.log.Warn("the settings cannot be read", "error", err)
	}
	n = spoken(n, set.Language)
	if err := a.showNotice(n); err != nil {
		a.log.Warn("a notification was not shown", "title", n.Title, "error", err)
	}
}
