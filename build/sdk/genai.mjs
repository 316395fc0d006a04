// Google's SDK: generateContent in both forms, models in pages, and countTokens.
import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { generate } from './clients/generate.mjs'
import { echo } from './imitation.mjs'
import { matrix, Subject } from './matrix.mjs'
import { replying } from './world.mjs'

export function genai(world) {
  describe('@google/genai', { concurrency: 1 }, () => {
    matrix(generate, world)
    const s = new Subject(generate, world)
    beforeEach(() => s.reset())

    test('models, in pages of two', async () => {
      const names = []
      for await (const m of await s.client.models.list({ config: { pageSize: 2 } })) names.push(m.name)
      assert.deepEqual(replying.filter((m) => !names.includes(`models/${m}`)), [])
      assert.deepEqual(names.filter((n, i) => names.indexOf(n) !== i || n.includes('gpt-image') || n.includes('text-embedding')), [], 'each once, and only what can be asked for so')
      const one = await s.client.models.get({ model: 'gemini-2.5-pro' })
      assert.equal(one.name, 'models/gemini-2.5-pro')
      await assert.rejects(s.client.models.get({ model: 'no-such-model' }), generate.errors.model)
    })

    test('countTokens', async () => {
      const r = await s.client.models.countTokens({ model: 'gemini-2.5-flash', contents: 'count me' })
      assert.ok(r.totalTokens > 0)
      const row = await s.row()
      assert.deepEqual([row.state, row.input_tokens, row.output_tokens], ['ok', 0, 0], 'counting is free')
    })

    test('embedContent, one text and several', async () => {
      const embed = async (contents) => (await s.client.models.embedContent({ model: 'gemini-embedding-001', contents, config: { taskType: 'RETRIEVAL_DOCUMENT' } })).embeddings
      assert.deepEqual((await embed('one')).map((e) => e.values.length), [8])
      const [a, b] = await embed(['eins', '二 👍'])
      assert.notDeepEqual(a.values, b.values)
      await assert.rejects(s.client.models.embedContent({ model: 'gemini-2.5-pro', contents: 'x' }), /gemini-embeddings/)
    })

    test('a chat of two turns', async () => {
      const talk = s.client.chats.create({ model: 'gemini-2.5-flash' })
      for (const message of ['eins', 'zwei 🎉']) {
        const r = await talk.sendMessage({ message })
        s.wire.told('generate', r.usageMetadata)
        assert.equal(r.text, echo(message))
      }
      assert.equal(talk.getHistory().length, 4)
    })
  })
}
