// Anthropic's SDK: Messages, models in pages, and count_tokens.
import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { messages, messagesBody } from './clients/messages.mjs'
import { echo } from './imitation.mjs'
import { matrix, Subject } from './matrix.mjs'
import { replying } from './world.mjs'

export function anthropic(world) {
  describe('@anthropic-ai/sdk', { concurrency: 1 }, () => {
    matrix(messages, world)
    const s = new Subject(messages, world)
    beforeEach(() => s.reset())

    test('models, in pages of two', async () => {
      const ids = []
      let pages = 0
      for await (const page of (await s.client.models.list({ limit: 2 })).iterPages()) {
        pages++
        ids.push(...page.data.map((m) => m.id))
      }
      assert.deepEqual(replying.filter((m) => !ids.includes(m)), [])
      assert.deepEqual(ids.filter((id, i) => ids.indexOf(id) !== i || id.includes('embedding')), [], 'each once, and only what replies')
      assert.equal(pages, Math.ceil(ids.length / 2))
      assert.equal((await s.client.models.retrieve(ids[0])).id, ids[0])
      await assert.rejects(s.client.models.retrieve('no-such-model'), messages.errors.model)
    })

    test('count_tokens', async () => {
      const { max_tokens, ...body } = messagesBody({ model: 'claude-haiku-4-5', turns: [{ user: 'count me' }] })
      const { input_tokens } = await s.client.messages.countTokens(body)
      assert.ok(input_tokens > 0)
      const row = await s.row()
      assert.deepEqual([row.state, row.input_tokens, row.output_tokens], ['ok', 0, 0], 'counting is free')
      await assert.rejects(s.client.messages.countTokens({ ...body, bogus: 1 }), messages.errors.request)
    })

    for (const [name, credential] of Object.entries({
      authToken: { apiKey: null, authToken: () => world.key },
      'x-api-key': { apiKey: null, authToken: null, defaultHeaders: () => ({ 'x-api-key': world.key, authorization: null }) },
    })) {
      test(`the local key as ${name}`, async () => {
        const options = Object.fromEntries(Object.entries(credential).map(([k, v]) => [k, typeof v === 'function' ? v() : v]))
        const client = new Anthropic({ ...options, baseURL: world.url, fetch: s.wire.fetch, maxRetries: 0 })
        const r = await client.messages.create(messagesBody({ model: 'claude-haiku-4-5', turns: [{ user: 'hello' }] }))
        s.wire.told('messages', r.usage)
        assert.equal(r.content[0].text, echo('hello'))
      })
    }

    test('beta: what a beta header allows passes', async () => {
      const r = await s.client.beta.messages.create({
        ...messagesBody({ model: 'claude-opus-4-8', turns: [{ user: 'hello' }] }), betas: ['context-management-2025-06-27'],
        context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
      })
      s.wire.told('messages', r.usage)
      assert.equal(r.content[0].text, echo('hello'))
    })
  })
}
