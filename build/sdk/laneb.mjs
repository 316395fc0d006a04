// Every client API in front of every upstream protocol: what the SDK's user sees, and what the vendor was told. Each pair is a column, with
// a vendor of its own who serves that one protocol; each scenario is a row. The table is printed at the end of the run.
import { before, beforeEach, describe, test } from 'node:test'
import { vercel } from './clients/ai.mjs'
import { chat } from './clients/chat.mjs'
import { generate } from './clients/generate.mjs'
import { messages } from './clients/messages.mjs'
import { responses } from './clients/responses.mjs'
import { heard } from './heard.mjs'
import { table } from './table.mjs'
import { Wire } from './told.mjs'
import { scenarios } from './scenarios.mjs'

const apis = [chat, responses, messages, generate, ...vercel]

/** The upstreams: a vendor who serves one protocol, and the names of its words for an answer that was cut off at its limit. */
const upstreams = {
  chat: { vendor: 'openai', provider: 'openai-compatible', only: 'chat', op: 'chat', model: 'gpt-4o', reasoner: 'gpt-5', length: 'length' },
  responses: {
    vendor: 'openai', provider: 'openai-compatible', only: 'responses', op: 'responses', model: 'gpt-4o', reasoner: 'gpt-5',
    length: 'max_output_tokens',
  },
  messages: {
    vendor: 'anthropic', provider: 'anthropic', op: 'messages', model: 'claude-haiku-4-5', reasoner: 'claude-haiku-4-5', length: 'max_tokens',
  },
  generate: {
    vendor: 'gemini', provider: 'gemini', op: 'generate', model: 'gemini-2.5-flash', reasoner: 'gemini-3.1-pro-preview', length: 'MAX_TOKENS',
  },
}

/** Models that fail, each in its own way, since a model that failed is left alone for a while. */
const failing = ['403', '404', '429', '500', '529', 'in-a-200', 'an-empty-answer', 'cut', 'error']
  .flatMap((f) => [`fails-${f}-plain`, `fails-${f}-streamed`]).concat('fails-once')

/** Accounts whose keys fail: such an account is left alone with all its models. They are beside the column's own, with one model. */
const keyless = ['401-plain', '401-streamed', '402-plain']

/** One client API in front of one upstream. */
class Column {
  wire = new Wire()

  constructor(world, api, name) {
    Object.assign(this, { world, api, upstream: name, up: upstreams[name] })
    this.slug = `${api.name}-to-${name}`
    this.failovers = ['plain', 'streamed'].map((how) => `failover-${how}-${this.slug}`)
  }

  get own() { return this.api.wire === this.upstream }
  get client() { return this.api.client(this.world, this.wire) }

  async start() {
    const models = [this.up.model, this.up.reasoner, ...failing, ...this.failovers]
    const more = this.up.only ? ['-only', this.up.only] : []
    this.at = await this.world.startImitation(this.up.vendor, [...new Set(models)], { more })
    this.world.vendors['lane B'].push(this.at)
    await this.world.addAccount(this.up.provider, this.at.baseURL, this.slug, this.at.key)
    this.slugs = {}
    for (const k of keyless) {
      const { account } = await this.world.addAccount(this.up.provider, this.refuser.baseURL, `${this.slug} ${k}`, this.keyOf(k))
      this.slugs[k] = account.slug
    }
  }

  /** The key of an account that fails, at the vendor who refuses it. */
  keyOf(k) { return this.refuser.keys[apis.indexOf(this.api) * keyless.length + keyless.indexOf(k)] }

  /** Asks a model of the column's, and notes the usage that came with the answer. */
  async ask({ account = this.slug, model = this.up.model, ...options }) {
    const r = await this.api.ask(this.client, { model: `${account}/${model}`, ...options })
    this.wire.told(this.api.wire, r.usage)
    return r
  }

  /** What was asked for thinking. */
  get thinks() { return this.api.think ?? this.api.thinking }

  /** The upstream's calls in its own protocol: one that it does not serve may have been tried. */
  async calls() { return (await this.at.calls()).filter((c) => c.Op === this.up.op) }

  /** What the upstream was told last. */
  async heard() { return heard[this.upstream]((await this.calls()).at(-1).body) }

  fault(f) { return this.at.fault({ on: this.up.op, ...f }) }
}

/**
 * Starts the vendors and adds their accounts. Those who fail first, to be failed over from, come before all others. The rest takes its time:
 * the tests of a column begin when it is ready.
 */
async function startColumns(world) {
  const columns = apis.flatMap((api) => Object.keys(upstreams).map((u) => new Column(world, api, u)))
  const vendors = []
  for (const vendor of ['anthropic', 'gemini']) {
    const mine = columns.filter((c) => (c.up.vendor === 'anthropic') === (vendor === 'gemini')) // another one's protocol
    const at = await world.startImitation(vendor, mine.flatMap((c) => c.failovers))
    for (const c of mine) c.first = at
    await world.addAccount(vendor, at.baseURL, `first ${vendor}`, at.key)
    vendors.push(at)
  }
  for (const [name, up] of Object.entries(upstreams)) {
    const more = up.only ? ['-only', up.only] : []
    const refuser = await world.startImitation(up.vendor, [up.model], { keys: apis.length * keyless.length, more })
    for (const c of columns.filter((c) => c.upstream === name)) c.refuser = refuser
    vendors.push(refuser)
  }
  world.vendors['lane B'] = vendors
  for (const api of apis) {
    let last = null // one account after the other, in each API's tests
    for (const c of columns.filter((c) => c.api === api)) {
      last = c.ready = Promise.resolve(last).then(() => c.start())
      c.ready.catch(() => {}) // whoever waits for it is told
    }
  }
  return columns
}

/** The tests of all columns, side by side but for those of one API. */
export function laneB(world) {
  table.rows = scenarios.map((s) => s.name)
  describe('lane B', { concurrency: apis.length }, () => {
    let columns
    before(async () => { columns = await startColumns(world) })
    for (const api of apis) {
      describe(api.name, { concurrency: 1 }, () => {
        for (const name of Object.keys(upstreams)) column(new Column(world, api, name), () => columns)
      })
    }
  })
}

function column(head, columns) {
  describe(`${head.api.name} → ${head.upstream}`, () => {
    const cells = table.column(head.api.name, head.upstream)
    let c
    before(async () => {
      c = columns().find((x) => x.slug === head.slug)
      await c.ready
    })
    beforeEach(() => c.at.reset())
    for (const s of scenarios) {
      const why = s.except?.(head)
      if (why) cells.leave(s.name, why)
      else test(s.name, () => cells.try(s.name, () => s.test(c)))
    }
  })
}
