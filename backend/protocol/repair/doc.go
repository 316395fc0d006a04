// Package repair knows which refusals of an upstream can be mended, and how.
//
// Compatible vendors, relays and clients all bend the protocols a little, and a conversation that moves from one account to another carries
// what only the first could read. The upstream then answers 400, with words that tell what it minds. [Find] reads them and returns the
// [Repair]: a quirk that the request is to be encoded with, a change of the canonical request, or a change of the body as it stands.
// The gateway makes it, tries the same deployment once more, and remembers what has helped: for the deployment, or, where the fault is in what
// the conversation holds, for that conversation alone.
//
// What changes the meaning of a request is never mended: the client is told.
//
// The words that are looked for are the vendors' own, as they stand in their issue trackers and those of their clients; see the tests.
package repair
