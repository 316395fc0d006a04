// OpenAI's SDK: the two APIs that answer with text, models, embeddings, and what only Responses can do.
import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { chat } from './clients/chat.mjs'
import { responses } from './clients/responses.mjs'
import { ms } from './imitation.mjs'
import { matrix, Subject } from './matrix.mjs'
import { plain } from './plain.mjs'
import { models, replying } from './world.mjs'

export function openAI(world) {
  describe('openai', { concurrency: 1 }, () => {
    matrix(chat, world)
    matrix(responses, world)
    lists(world)
    embeddings(world)
    plain(world)
    state(world)
    streamWithoutUsage(world)
  })
}

function lists(world) {
  describe('models', () => {
    const s = new Subject(chat, world)

    test('list', async () => {
      const ids = []
      for await (const m of s.client.models.list()) ids.push(m.id)
      assert.deepEqual([...replying, ...models.openai].filter((m) => !ids.includes(m)), [])
      assert.equal(new Set(ids).size, ids.length, 'two accounts offer them, and each is listed once')
    })

    test('retrieve', async () => {
      assert.equal((await s.client.models.retrieve('gpt-4o')).id, 'gpt-4o')
      await assert.rejects(s.client.models.retrieve('no-such-model'), chat.errors.model)
    })
  })
}

function embeddings(world) {
  describe('embeddings', () => {
    const s = new Subject({ ...chat, name: 'embeddings' }, world)
    beforeEach(() => s.reset())

    const embed = async (options) => {
      const r = await s.client.embeddings.create({ model: 'text-embedding-3-small', ...options })
      s.wire.told('embeddings', r.usage)
      return r
    }

    for (const encoding_format of [undefined, 'float', 'base64']) {
      test(`as ${encoding_format ?? 'the SDK asks by itself'}`, async () => {
        const r = await embed({ input: ['eins', '二 👍'], dimensions: 16, encoding_format })
        assert.deepEqual(r.data.map((d) => d.index), [0, 1])
        const [a, b] = r.data.map((d) => d.embedding)
        if (encoding_format === 'base64') assert.equal(Buffer.from(a, 'base64').length, 64)
        else assert.deepEqual([a.length, b.length, typeof a[0]], [16, 16, 'number'])
        assert.notDeepEqual(a, b)
      })
    }

    test('fails over', async () => {
      // The one embedding model cools for a second; nobody asks for it again.
      await s.pair[0].fault({ kind: '500', on: 'embeddings' })
      const r = await embed({ input: 'again' })
      assert.equal(r.data.length, 1)
      assert.equal(s.wire.last.attempts, 2)
      assert.deepEqual(await s.counts(), [1, 1])
    })

    test('a bad request', async () => {
      await assert.rejects(s.client.embeddings.create({ model: 'text-embedding-3-small', input: '' }), chat.errors.request)
    })
  })
}

function streamWithoutUsage(world) {
  test('chat stream that did not ask for usage: none is shown, and the ledger has it all the same', async () => {
    const s = new Subject(chat, world)
    await s.reset()
    for (const at of s.pair) await at.script({ text: 'counted', usage: { input: 70, cached: 20, output: 9, reasoning: 4 } })
    for await (const chunk of await s.client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'x' }], stream: true })) {
      assert.ok(!chunk.usage)
      assert.equal(chunk.choices.length, 1, 'a chunk without a choice, which nobody asked for')
    }
    s.wire.told('chat', { // nobody was told: this is what the upstream counted
      prompt_tokens: 70, completion_tokens: 9, prompt_tokens_details: { cached_tokens: 20 }, completion_tokens_details: { reasoning_tokens: 4 },
    })
  })
}

/** What an account keeps, and nobody else has. */
function state(world) {
  describe('responses, with state', () => {
    const s = new Subject(responses, world)
    beforeEach(() => s.reset())

    /** Makes something at the second account, by its name: without it the first would be asked, which is well. */
    const atSecond = 'openai-2/gpt-4o'

    test('previous_response_id goes where the response was made', async () => {
      const first = await s.ask({ model: atSecond, turns: [{ user: 'one' }] })
      const second = await s.ask({ turns: [{ user: 'two' }], extra: { previous_response_id: first.id } })
      assert.match(second.text, /two/)
      const third = await s.ask({ turns: [{ user: 'three' }], stream: true, extra: { previous_response_id: second.id } })
      assert.match(third.text, /three/)
      assert.deepEqual(await s.counts(), [0, 3])
    })

    test('retrieve, and its stream', async () => {
      const made = await s.ask({ model: atSecond, turns: [{ user: 'keep this' }] })
      const got = await s.client.responses.retrieve(made.id)
      assert.deepEqual([got.id, got.output_text], [made.id, made.text])
      let text = ''
      let last
      for await (const event of await s.client.responses.retrieve(made.id, { stream: true })) {
        if (event.type === 'response.output_text.delta') text += event.delta
        last = event.type
      }
      assert.deepEqual([text, last], [made.text, 'response.completed'])
      assert.deepEqual(await s.counts(), [0, 3])
      await assert.rejects(s.client.responses.retrieve('resp_nobody_made_this'), responses.errors.model)
    })

    test('input_tokens', async () => {
      const got = await s.client.responses.inputTokens.count({ model: atSecond, input: 'count me', instructions: 'Be brief.' })
      assert.equal(got.object, 'response.input_tokens')
      assert.ok(got.input_tokens > 0)
      const row = await s.row()
      assert.deepEqual([row.state, row.input_tokens, row.output_tokens], ['ok', 0, 0], 'counting is free')
      await assert.rejects(s.client.responses.inputTokens.count({ model: atSecond, input: 'count me', bogus: 1 }), responses.errors.request)
    })

    test('cancel of a response in the background', async () => {
      const made = await s.client.responses.create({ model: atSecond, input: 'take your time', background: true })
      assert.equal(made.status, 'queued')
      assert.equal((await s.client.responses.retrieve(made.id)).status, 'in_progress')
      assert.equal((await s.client.responses.cancel(made.id)).status, 'cancelled')
      assert.deepEqual(await s.counts(), [0, 3])
      const sync = await s.ask({ turns: [{ user: 'at once' }] })
      await assert.rejects(s.client.responses.cancel(sync.id), (e) => e instanceof responses.errors.request && /synchronous/.test(e.message))
    })

    test('encrypted reasoning goes back to the account that sealed it', async () => {
      const extra = { ...responses.thinking, store: false, include: ['reasoning.encrypted_content'] }
      const turns = [{ user: 'think' }]
      const first = await s.ask({ model: 'openai-2/gpt-5', turns, extra })
      const sealed = first.raw[0].encrypted_content
      assert.ok(sealed)
      turns.push({ raw: first.raw }, { user: 'think on' })
      const second = await s.ask({ model: 'gpt-5', turns, extra, stream: true })
      assert.match(second.text, /think on/)
      assert.deepEqual(await s.counts(), [0, 2])
      const [, sent] = await s.pair[1].calls()
      assert.equal(sent.body.input.find((i) => i.type === 'reasoning').encrypted_content, sealed)
    })

    test('a stalled upstream is waited for where nobody else has the state', async () => {
      const first = await s.ask({ turns: [{ user: 'one' }] })
      for (const at of s.pair) await at.pace({ first: ms(2500) })
      const second = await s.ask({ turns: [{ user: 'two' }], stream: true, extra: { previous_response_id: first.id } })
      assert.match(second.text, /two/)
      assert.equal(s.wire.last.attempts, 1)
    })
  })
}
