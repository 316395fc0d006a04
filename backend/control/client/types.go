package client

import (
	"io"

	"metapi/backend/control"
	"metapi/backend/ledger/capture"
	"metapi/backend/ledger/replay"
	"metapi/backend/routing"
)

// The types of the control API, so that a caller need import this package alone.
type (
	Status          = control.Status
	AccountStanding = control.AccountStanding
	Account         = control.Account
	Balance         = control.Balance
	Amount          = control.Amount
	Scan            = control.Scan
	AddAccount      = control.AddAccount
	EditAccount     = control.EditAccount
	Removed         = control.Removed
	Discovered      = control.Discovered
	Recognised      = control.Recognised
	Proposal        = control.Proposal
	ProviderInfo    = control.ProviderInfo
	Model           = control.Model
	PriceList       = control.PriceList
	ModelPrice      = control.ModelPrice
	Key             = control.Client // a client of the gateway, with its local key
	KeyText         = control.ClientKey
	EditKey         = control.EditClient
	Thumb           = control.Thumb
	ModeInfo        = control.ModeInfo
	ModeWord        = control.ModeWord
	Paused          = control.Paused
	Figures         = control.Figures
	Group           = control.Group
	Row             = control.Row
	UsageReport     = control.UsageReport
	Requests        = control.Requests
	Request         = control.Request
	CaptureInfo     = control.CaptureInfo
	Captured        = capture.Captured
	Side            = capture.Side
	Decided         = control.Decided
	Replayed        = control.Replayed
	Outcome         = replay.Outcome
	Judged          = routing.Judged
	BudgetStanding  = control.BudgetStanding
	Receipt         = control.Receipt
	Records         = control.Records
	MakeBackup      = control.MakeBackup
	Backup          = control.Backup
	Restore         = control.Restore
	Restored        = control.Restored
	Money           = control.Money
	Notice          = control.Notice
	Routing         = control.Routing
	RoutingRule     = control.RoutingRule
	RoutingPlan     = control.RoutingPlan
	RoutingEdit     = control.RoutingEdit
	RoutingFault    = control.RoutingFault
	ReadyRule       = control.ReadyRule
	Checked         = control.Checked
	Choice          = routing.Choice
	Set             = routing.Set
	Log             = control.Log
	Check           = control.Check
	Report          = control.Report
	Done            = control.Done
	Bundle          = control.Bundle
	Nearby          = control.Nearby
	NearbyPorts     = control.NearbyPorts
	NearbyServer    = control.NearbyServer
	Saved           = control.Saved
	Settings        = control.Settings
	EditSettings    = control.EditSettings
	NetworkReport   = control.NetworkReport
	Desktop         = control.Desktop
	EditDesktop     = control.EditDesktop
	Link            = control.Link
	Event           = control.Event
	EventType       = control.EventType
	Topic           = control.Topic
	Runtime         = control.Runtime
	Problem         = control.Problem
	Code            = control.Code
)

// What kinds of [Problem] there are.
const (
	Invalid     = control.Invalid
	NotFound    = control.NotFound
	Conflict    = control.Conflict
	Refused     = control.Refused
	Unproven    = control.Unproven
	Keychain    = control.Keychain
	Storage     = control.Storage
	Unavailable = control.Unavailable
	Held        = control.Held
	PortTaken   = control.PortTaken
	Internal    = control.Internal
)

// What an [Event] tells, and of what.
const (
	EventResync  = control.EventResync
	EventChanged = control.EventChanged
	EventRequest = control.EventRequest
	EventShow    = control.EventShow
	EventNotice  = control.EventNotice

	TopicStatus   = control.TopicStatus
	TopicAccounts = control.TopicAccounts
	TopicModels   = control.TopicModels
	TopicClients  = control.TopicClients
	TopicSettings = control.TopicSettings
	TopicDoctor   = control.TopicDoctor
)

// NewProblem returns a problem whose HTTP status follows from its code.
func NewProblem(code Code, detail, hint string) *Problem {
	return control.NewProblem(code, detail, hint)
}

// Providers lists the kinds of upstream that this version knows.
func Providers() []ProviderInfo { return control.Providers() }

// Modes lists the modes that this version knows.
func Modes() []ModeWord { return control.Modes() }

// WriteNew has a file written that is not there yet: see control.WriteNew.
func WriteNew(path string, write func(io.Writer) error) (made bool, err error) {
	return control.WriteNew(path, write)
}

// ShellChecks looks for variables of the caller's own environment that fight with tools which use Metapi at addresses. It asks nobody.
func ShellChecks(addresses []string) []Check { return control.ShellChecks(addresses) }

// Recognise says whose key this may be. It asks nobody, and no instance.
func Recognise(key string) (Recognised, error) { return control.Recognise(key) }
