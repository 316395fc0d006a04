package nobus

import "os"

const variable = "DBUS_SESSION_BUS_ADDRESS"

func init() {
	if a := os.Getenv(variable); a != "" && a != "autolaunch:" {
		return
	}
	// The library looks here by itself.
	user := "/run/user/" + decimal(os.Getuid())
	if exists(user+"/bus") || exists(user+"/dbus-session") {
		return
	}
	// But not here, where the variable is the only way to say it.
	if dir := os.Getenv("XDG_RUNTIME_DIR"); plain(dir) && exists(dir+"/bus") {
		os.Setenv(variable, "unix:path="+dir+"/bus")
		return
	}
	os.Setenv(variable, "disabled:")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// plain reports whether a path is absolute and needs no escape in a D-Bus address (D-Bus specification, "Server
// Addresses").
func plain(path string) bool {
	for i := 0; i < len(path); i++ {
		c := path[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '/', c == '.':
		default:
			return false
		}
	}
	return path != "" && path[0] == '/'
}

// decimal is strconv.Itoa: see the package comment for why strconv is not imported.
func decimal(n int) string {
	if n < 0 {
		return "-" + decimal(-n)
	}
	if n < 10 {
		return string(rune('0' + n))
	}
	return decimal(n/10) + string(rune('0'+n%10))
}
