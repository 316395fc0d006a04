// What Metapi itself keeps of the Responses API, since a model of another vendor has answered: OpenAI's SDK goes on from it as from OpenAI.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { responses } from './clients/responses.mjs'
import { echo } from './imitation.mjs'
import { Wire } from './told.mjs'

const claude = 'claude-that-is-continued'
const gemini = 'gemini-that-is-continued'
const tool = {
  type: 'function', name: 'get_weather', strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

export function state(world) {
  describe('state that Metapi keeps', { concurrency: 1 }, () => {
    const wire = new Wire()
    const at = {}
    let client

    // Accounts of their own: the other tests script their vendors at the same time.
    before(async () => {
      for (const [vendor, model] of [['anthropic', claude], ['gemini', gemini]]) {
        at[vendor] = await world.startImitation(vendor, [model])
        await world.addAccount(vendor, at[vendor].baseURL, `${vendor} with state`, at[vendor].key)
      }
      client = responses.client(world, wire)
    })

    const create = async (body) => {
      if (!body.stream) {
        const made = await client.responses.create(body)
        wire.told('responses', made.usage)
        return made
      }
      const { stream, ...rest } = body
      const made = await client.responses.stream(rest).finalResponse()
      wire.told('responses', made.usage)
      return made
    }

    for (const stream of [false, true]) {
      test(`three turns by previous_response_id, with a tool, ${stream ? 'streamed' : 'whole'}`, async () => {
        await at.anthropic.script({ calls: [{ name: 'get_weather', arguments: '{"city":"Bern"}' }] })
        await at.anthropic.script({ text: 'Rain.' })
        const first = await create({ model: claude, input: 'How is Bern?', tools: [tool], stream })
        const call = first.output.find((i) => i.type === 'function_call')
        const second = await create({
          model: claude, previous_response_id: first.id, tools: [tool], stream,
          input: [{ type: 'function_call_output', call_id: call.call_id, output: 'rain' }],
        })
        assert.deepEqual([second.output_text, second.previous_response_id], ['Rain.', first.id])
        const third = await create({ model: gemini, previous_response_id: second.id, input: 'And Basel?', stream })
        assert.equal(third.output_text, echo('And Basel?'))
        const sent = JSON.stringify((await at.gemini.calls()).at(-1).body)
        for (const said of ['How is Bern?', 'get_weather', 'Rain.', 'And Basel?']) assert.ok(sent.includes(said), said)

        const again = await client.responses.retrieve(third.id)
        assert.deepEqual([again.id, again.output_text, again.output[0].id], [third.id, third.output_text, third.output[0].id])
        const inputs = []
        for await (const item of await client.responses.inputItems.list(third.id, { order: 'asc', limit: 2 })) inputs.push(item.type)
        assert.deepEqual(inputs, ['message', 'function_call', 'function_call_output', 'message', 'message'])
        await assert.rejects(client.responses.cancel(third.id), /synchronous/)
        await client.responses.delete(third.id)
        await assert.rejects(client.responses.retrieve(third.id), (e) => e.status === 404)
        await assert.rejects(client.responses.create({ model: claude, previous_response_id: third.id, input: 'x' }),
          (e) => e.status === 400 && e.code === 'previous_response_not_found' && e.param === 'previous_response_id')
      })
    }

    test('a conversation', async () => {
      const made = await client.conversations.create({ metadata: { topic: 'birds' }, items: [{ role: 'user', content: 'Owls.' }] })
      assert.equal((await client.conversations.retrieve(made.id)).metadata.topic, 'birds')
      const one = await create({ model: claude, conversation: made.id, input: 'One?' })
      assert.equal(one.conversation.id, made.id)
      await create({ model: gemini, conversation: { id: made.id }, input: 'Two?', stream: true })
      const said = []
      for await (const item of await client.conversations.items.list(made.id, { order: 'asc', limit: 2 })) said.push(item.content[0].text)
      assert.deepEqual(said, ['Owls.', 'One?', echo('One?'), 'Two?', echo('Two?')])
      const added = await client.conversations.items.create(made.id, { items: [{ role: 'user', content: 'Three?' }] })
      const [{ id }] = added.data
      assert.equal((await client.conversations.items.retrieve(id, { conversation_id: made.id })).role, 'user')
      assert.equal((await client.conversations.items.delete(id, { conversation_id: made.id })).id, made.id)
      assert.equal((await client.conversations.update(made.id, { metadata: { topic: 'bees' } })).metadata.topic, 'bees')
      assert.equal((await client.conversations.delete(made.id)).deleted, true)
      await assert.rejects(client.conversations.retrieve(made.id), (e) => e.status === 404)
    })

    test('a compaction', async () => {
      await at.anthropic.script({ text: 'They like owls.' })
      const made = await client.responses.compact({ model: claude, input: [{ role: 'user', content: 'I like owls.' }, { role: 'assistant', content: 'So?' }] })
      wire.told('responses', made.usage)
      assert.deepEqual(made.output.map((i) => i.type), ['message', 'compaction'])
      const next = await create({ model: gemini, input: [...made.output, { role: 'user', content: 'What do I like?' }] })
      assert.equal(next.output_text, echo('What do I like?'))
      assert.match(JSON.stringify((await at.gemini.calls()).at(-1).body), /They like owls/)
    })
  })
}
