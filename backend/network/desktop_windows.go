package network

import (
	"context"
	"errors"

	"golang.org/x/sys/windows/registry"
)

// desktop reads what the settings of Windows write for this user.
func desktop(context.Context) (Proxies, error) {
	key, err := registry.OpenKey(registry.CURRENT_USER, `Software\Microsoft\Windows\CurrentVersion\Internet Settings`, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return Proxies{}, nil
	}
	if err != nil {
		return Proxies{}, err
	}
	defer key.Close()
	on, _, _ := key.GetIntegerValue("ProxyEnable") // what is missing is off
	server, _, _ := key.GetStringValue("ProxyServer")
	override, _, _ := key.GetStringValue("ProxyOverride")
	script, _, _ := key.GetStringValue("AutoConfigURL")
	return fromWindows(on != 0, server, override, script), nil
}
