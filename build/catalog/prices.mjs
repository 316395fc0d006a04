// Writes what the pinned package genai-prices knows, in our own shape, as JSON to standard output: one object
// {package, version, asOf, capabilitiesAsOf, providers}. The package ships code and no data file; waitForUpdate()
// gives its whole list when nothing was ever fetched. Anything that we do not understand ends the run: a price that
// silently loses a condition is worse than no new snapshot.
import { readFileSync } from 'node:fs'
import { waitForUpdate } from '@pydantic/genai-prices'

const here = (p) => JSON.parse(readFileSync(new URL(p, import.meta.url), 'utf8'))
const own = here('./package.json')
const theirs = here('./node_modules/@pydantic/genai-prices/package.json')

// Dollars per million tokens, by the token classes that a usage report tells apart (protocol.Usage).
const classes = {
  input_mtok: 'in',
  output_mtok: 'out',
  output_reasoning_mtok: 'think',
  cache_read_mtok: 'cr',
  cache_write_mtok: 'cw',
  cache_write_1h_mtok: 'cw1h',
}
// Output that is not text is priced apart and cannot be told from text in a usage report: such a model's output
// price is marked, and not used as if all output were text.
const otherOutput = ['output_audio_mtok', 'output_image_mtok', 'output_video_mtok', 'output_citation_mtok']
// Priced apart as well, and left out: no client protocol of ours reports these amounts.
const leftOut = [
  'web_searches_kcount', 'storage_searches_kcount', 'input_audio_mtok', 'cache_audio_read_mtok', 'input_image_mtok',
  'cache_image_read_mtok', 'input_video_mtok', 'audio_hours', 'input_audio_hours', 'input_document_kpages',
  'input_annotated_document_kpages', 'input_text_messages_kcount',
]

function fail(where, what) {
  throw new Error(`${where}: ${what}; teach build/catalog/prices.mjs about it`)
}

function matcher(where, m) {
  const [kind, ...more] = Object.keys(m)
  const v = m[kind]
  if (more.length) fail(where, `a matcher with several keys: ${JSON.stringify(m)}`)
  switch (kind) {
    case 'equals': case 'starts_with': case 'ends_with': case 'contains':
      return { [kind]: v.toLowerCase() } // names are compared in lower case
    case 'or': case 'and':
      return { [kind]: v.map((x) => matcher(where, x)) }
    case 'regex': {
      // Go's regular expressions have no look-ahead; the only form in use says what a name must not be.
      const not = /^\^\(\?!(.*)\)$/.exec(v)
      if (not) return { not: { regex: '^' + not[1] } }
      if (v.includes('(?')) {
        if (!v.replaceAll('(?:', '').includes('(?')) return { regex: v }
        fail(where, `a look-around: ${v}`)
      }
      return { regex: v }
    }
  }
  fail(where, `an unknown matcher ${kind}`)
}

function price(where, p) {
  const base = {}
  const starts = new Set()
  for (const [key, value] of Object.entries(p)) {
    if (otherOutput.includes(key)) { base.mixed = true; continue }
    if (leftOut.includes(key)) continue
    if (key === 'requests_kcount') { base.call = value / 1000; continue }
    const name = classes[key]
    if (!name) fail(where, `an unknown price ${key}`)
    if (typeof value === 'number') { base[name] = value; continue }
    base[name] = value.base
    for (const t of value.tiers) starts.add(t.start)
  }
  if (starts.size) {
    base.tiers = [...starts].sort((a, b) => a - b).map((above) => {
      const tier = { above }
      for (const [key, name] of Object.entries(classes)) {
        const value = p[key]
        if (value === undefined) continue
        tier[name] = typeof value === 'number' ? value
          : [...value.tiers].sort((a, b) => a.start - b.start).reduce((v, t) => (t.start <= above ? t.price : v), value.base)
      }
      return tier
    })
  }
  // An empty price says "free of charge", which is believed only where the name says so too.
  if (!Object.keys(p).length && where.endsWith(':free')) { base.in = 0; base.out = 0 }
  return base
}

function conditional(where, prices) {
  if (!Array.isArray(prices)) return [price(where, prices)]
  return prices.map(({ constraint, prices: p }) => {
    if (!constraint) return price(where, p)
    if (constraint.type === 'start_date') return { from: constraint.start_date, ...price(where, p) }
    if (constraint.type === 'time_of_date') {
      const at = (t) => /^\d\d:\d\d:\d\dZ$/.test(t) ? t.slice(0, 8) : fail(where, `a time of day not in UTC: ${t}`)
      return { hours: [at(constraint.start_time), at(constraint.end_time)], ...price(where, p) }
    }
    fail(where, `an unknown condition ${JSON.stringify(constraint)}`)
  })
}

const providers = (await waitForUpdate()).map((p) => ({
  id: p.id,
  name: p.name,
  api: p.api_pattern,
  page: p.pricing_urls?.[0],
  fallback: p.fallback_model_providers,
  // The order stays the package's own: the first match wins.
  models: p.models.map((m) => ({
    id: m.id,
    name: m.name,
    match: matcher(`${p.id} ${m.id}`, m.match),
    context: m.context_window,
    prices: conditional(`${p.id} ${m.id}`, m.prices),
  })),
})).sort((a, b) => (a.id < b.id ? -1 : 1))

process.stdout.write(JSON.stringify({
  package: theirs.name, version: theirs.version, asOf: own.config.pricesAsOf,
  capabilitiesAsOf: own.config.capabilitiesAsOf, providers,
}))
