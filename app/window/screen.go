//go:build desktop

package window

import (
	"context"
	"log/slog"
	"os"
	goruntime "runtime"

	"github.com/wailsapp/wails/v2/pkg/runtime"
)

// wailsScreen is the window. Calls of Wails may wait for the main thread, and that may wait for who calls: so they are made
// by a goroutine of their own, in order.
type wailsScreen struct{ orders chan func(context.Context) }

func newWailsScreen(ctx context.Context) wailsScreen {
	s := wailsScreen{make(chan func(context.Context), 64)}
	go func() {
		for order := range s.orders {
			order(ctx)
		}
	}()
	return s
}

func (s wailsScreen) show() {
	s.orders <- func(ctx context.Context) {
		runtime.WindowShow(ctx)
		// On Linux this also raises the window and gives it the keyboard; elsewhere it would undo a maximised one.
		if goruntime.GOOS == "linux" || runtime.WindowIsMinimised(ctx) {
			runtime.WindowUnminimise(ctx)
		}
	}
}

func (s wailsScreen) hide() { s.orders <- runtime.WindowHide }
func (s wailsScreen) quit() { s.orders <- runtime.Quit }

// wailsLog has Wails say its errors where ours are said, not on standard output.
type wailsLog struct{ log *slog.Logger }

func (l wailsLog) Print(s string)   { l.log.Info(s) }
func (l wailsLog) Trace(s string)   { l.log.Debug(s) }
func (l wailsLog) Debug(s string)   { l.log.Debug(s) }
func (l wailsLog) Info(s string)    { l.log.Info(s) }
func (l wailsLog) Warning(s string) { l.log.Warn(s) }
func (l wailsLog) Error(s string)   { l.log.Error(s) }

// Fatal ends the program, as Wails expects.
func (l wailsLog) Fatal(s string) {
	l.log.Error(s)
	os.Exit(1)
}
