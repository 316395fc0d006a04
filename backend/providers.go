package backend

import (
	"path/filepath"

	"metapi/backend/control"
	"metapi/backend/provider"
	"metapi/backend/settings"
)

// ProvidersDir is the folder, within the data folder, of files that define providers of the user's own: see provider.Definition.
const ProvidersDir = "providers.d"

func (b *Backend) openProviders() error {
	var err error
	b.own, err = settings.OpenFolder[[]provider.Definition](filepath.Join(b.Dir, ProvidersDir), settings.NewSchema(provider.Schema), b.redefined)
	if err != nil {
		return err
	}
	b.useProviders()
	return nil
}

// useProviders puts the user's providers in force.
func (b *Backend) useProviders() {
	var all []provider.Definition
	for _, list := range b.own.Values() {
		all = append(all, list...)
	}
	err := provider.Use(all)
	if err != nil {
		b.log.Warn("a provider cannot be used", "error", err)
		b.unusable.Store(&err)
	} else {
		b.unusable.Store(nil)
	}
}

// redefined puts changed definitions in force for the next request.
func (b *Backend) redefined() {
	b.useProviders()
	b.changed()
	b.events.Changed(control.TopicStatus, control.TopicAccounts, control.TopicModels)
}
