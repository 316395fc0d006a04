package backend

import (
	"path/filepath"

	"metapi/backend/control"
	"metapi/backend/provider"
	"metapi/backend/settings"
)

// ProvidersDir is the folder, within the data folder, of files that define providers of the user's own: see provider.Definition.
const ProvidersDir = control.ProvidersDir

func (b *Backend) openProviders() error {
	var err error
	b.own, err = settings.OpenFolder[provider.Definitions](filepath.Join(b.Dir, ProvidersDir), settings.NewSchema(provider.Schema), b.redefined)
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
	if err := provider.Use(all); err != nil { // each file has been checked: see Definitions
		b.log.Error("a provider cannot be used", "error", err)
	}
}

// redefined puts changed definitions in force for the next request.
func (b *Backend) redefined() {
	b.useProviders()
	b.changed()
	b.events.Changed(control.TopicStatus, control.TopicAccounts, control.TopicModels)
}
