// Package catalog knows models: what they are called, what they can do, what they cost, and which account offers them.
//
// # Facts and prices
//
// [Embedded] is the catalog that the program holds. build/catalog/generate makes it from two pinned sources: prices from
// the npm package genai-prices, capabilities from the Go module charm.land/catwalk. Building the product needs neither,
// and a test makes it again and compares. [Catalog.Model] says what is known of a name at a provider. Unknown stays
// unknown: there is no price for a relay that publishes none, nor for a model that merely begins like a known one.
//
// [Lists] holds the catalog in force: where the user wants it, its prices are fetched anew, by the code that makes the embedded one ([Normalise]).
// A list that cannot be right changes nothing.
//
// [Catalog.Offered] says which price holds for an offer: the one that the account publishes in its own list of models, where it does, stands
// above those of the price lists.
//
// A [Price] has tiers by prompt size, a start date, and hours of the day, factors for services ([Services]), a currency, and what another source
// says where they differ; [Price.Cost] puts it on a [protocol.Usage] in whole picodollars, so that sums are exact. testdata/invoices.yaml has invoices
// that were worked out by hand, for every class.
//
// # Names
//
// Every vendor and relay spells models its own way. [Canonical] takes a name apart into a family and a date; names with
// the same two are one model. The difference between a dated and an undated name is money: gpt-4o costs half of
// gpt-4o-2024-05-13. So a dated name reaches only that snapshot, and an undated name reaches a snapshot only where its
// maker's price list has both in one entry ([Catalog.One]). [Index] holds this for all deployments, made once for each
// change of what is offered, and answers a name with one look-up.
//
// # Offers
//
// An [Offer] is one model at one account. [Merge] joins what an account has just listed with what it offered before:
// a scan that failed changes nothing, and a model that is missing from a good one is marked as gone, and forgotten only
// after thirty days. [Offers] keeps them in the store, and the [Refresher] scans each account every six hours, and on
// demand. [Balances] does the same for what accounts have left: it asks while they are used, and keeps what was last told.
package catalog
