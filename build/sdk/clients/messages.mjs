import Anthropic from '@anthropic-ai/sdk'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'

/** Anthropic Messages, through `@anthropic-ai/sdk`. */
export const messages = {
  name: 'messages', wire: 'messages', vendor: 'anthropic', model: 'claude-haiku-4-5', reasoner: 'claude-haiku-4-5', op: 'messages',
  errors: {
    key: Anthropic.AuthenticationError, model: Anthropic.NotFoundError, limit: Anthropic.RateLimitError,
    request: Anthropic.BadRequestError, cut: Anthropic.APIError, money: Anthropic.APIError, denied: Anthropic.PermissionDeniedError,
    server: Anthropic.InternalServerError,
  },
  refusal: /bogus: Extra inputs are not permitted/,
  thinking: { thinking: { type: 'enabled', budget_tokens: 1024 } },
  finishes: { stop: 'end_turn', length: 'max_tokens', tools: 'tool_use', word: 'stop_sequence' },

  client: (world, wire, key = world.key, maxRetries = 0) => new Anthropic({ apiKey: key, baseURL: world.url, fetch: wire.fetch, maxRetries }),

  async ask(client, { stream, onText, onCall, signal, ...rest }) {
    const body = messagesBody(rest)
    if (!stream) return answer(await client.messages.create(body, { signal }))
    const s = client.messages.stream(body, { signal })
    if (onText) s.on('text', onText)
    if (onCall) s.on('inputJson', onCall)
    const thought = []
    s.on('thinking', (delta) => thought.push(delta))
    const r = answer(await s.finalMessage())
    return { ...r, streamedThinking: thought.join('') }
  },

  async loop(client, { stream, tools, ...rest }) {
    const callable = tools.map(({ name, schema, run }) => betaTool({ name, description: name, inputSchema: schema, run }))
    const r = await client.beta.messages.toolRunner({ ...messagesBody(rest), stream, tools: callable }).runUntilDone()
    return answer(r).text
  },

  async raw(client, body, onText) {
    for await (const event of await client.messages.create({ ...messagesBody(body), stream: true })) {
      if (event.type === 'content_block_delta') onText(event.delta.text ?? '')
    }
  },
}

const media = (t) => [['image', 'image/png', t.image], ['document', 'application/pdf', t.pdf]].filter(([, , data]) => data)
  .map(([type, media_type, data]) => ({ type, source: { type: 'base64', media_type, data } }))

export function messagesBody({ model, turns, system, tools, choose, schema, maxTokens = 2048, temperature, stop, extra }) {
  return {
    model,
    max_tokens: maxTokens,
    messages: turns.map((t) => {
      if (media(t).length) return { role: 'user', content: [{ type: 'text', text: t.user }, ...media(t)] }
      if (t.user) return { role: 'user', content: t.user }
      if (t.results) {
        return { role: 'user', content: t.results.map((r) => ({
          type: 'tool_result', tool_use_id: r.id,
          content: r.image ? [{ type: 'text', text: JSON.stringify(r.value) }, ...media(r)] : JSON.stringify(r.value),
        })) }
      }
      return t.raw
    }),
    ...(system && { system }),
    ...(tools && { tools: tools.map(({ name, schema }) => ({ name, input_schema: schema })) }),
    ...(schema && { output_config: { format: { type: 'json_schema', schema } } }),
    ...(choose && { tool_choice: { type: 'tool', name: choose } }),
    ...(temperature && { temperature }),
    ...(stop && { stop_sequences: stop }),
    ...extra,
  }
}

function answer(r) {
  const all = (type, field) => r.content.filter((b) => b.type === type).map((b) => b[field]).join('')
  return {
    text: all('text', 'text'), thinking: all('thinking', 'thinking'), usage: r.usage, raw: { role: 'assistant', content: r.content },
    finish: r.stop_reason, requestID: r._request_id,
    calls: r.content.filter((b) => b.type === 'tool_use').map((b) => ({ id: b.id, name: b.name, args: b.input })),
  }
}
