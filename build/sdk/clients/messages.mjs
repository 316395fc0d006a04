import Anthropic from '@anthropic-ai/sdk'

/** Anthropic Messages, through `@anthropic-ai/sdk`. */
export const messages = {
  name: 'messages', vendor: 'anthropic', model: 'claude-haiku-4-5', reasoner: 'claude-haiku-4-5', op: 'messages',
  errors: {
    key: Anthropic.AuthenticationError, model: Anthropic.NotFoundError, limit: Anthropic.RateLimitError,
    request: Anthropic.BadRequestError, cut: Anthropic.APIError,
  },
  refusal: /bogus: Extra inputs are not permitted/,
  thinking: { thinking: { type: 'enabled', budget_tokens: 1024 } },

  client: (world, wire, key = world.key) => new Anthropic({ apiKey: key, baseURL: world.url, fetch: wire.fetch, maxRetries: 0 }),

  async ask(client, { stream, onText, signal, ...rest }) {
    const body = messagesBody(rest)
    if (!stream) return answer(await client.messages.create(body, { signal }))
    const s = client.messages.stream(body, { signal })
    if (onText) s.on('text', onText)
    const thought = []
    s.on('thinking', (delta) => thought.push(delta))
    const r = answer(await s.finalMessage())
    return { ...r, streamedThinking: thought.join('') }
  },

  async raw(client, body, onText) {
    for await (const event of await client.messages.create({ ...messagesBody(body), stream: true })) {
      if (event.type === 'content_block_delta') onText(event.delta.text ?? '')
    }
  },
}

export function messagesBody({ model, turns, tools, extra }) {
  return {
    model,
    max_tokens: 2048,
    messages: turns.map((t) => {
      if (t.user) return { role: 'user', content: t.user }
      if (t.result) {
        return { role: 'user', content: [{ type: 'tool_result', tool_use_id: t.result.id, content: JSON.stringify(t.result.value) }] }
      }
      return t.raw
    }),
    ...(tools && { tools: tools.map(({ name, schema }) => ({ name, input_schema: schema })) }),
    ...extra,
  }
}

function answer(r) {
  const all = (type, field) => r.content.filter((b) => b.type === type).map((b) => b[field]).join('')
  return {
    text: all('text', 'text'), thinking: all('thinking', 'thinking'), usage: r.usage, raw: { role: 'assistant', content: r.content },
    calls: r.content.filter((b) => b.type === 'tool_use').map((b) => ({ id: b.id, name: b.name, args: b.input })),
  }
}
