import OpenAI from 'openai'
import { openAIErrors } from './openai.mjs'

/**
 * OpenAI Chat Completions, through `openai`. Every API here has:
 *   name, vendor, op     its own name, whose it is, and what the imitation calls it
 *   model, reasoner      models to ask; the second one thinks, and its tool calls carry what came of that
 *   errors, refusal      the SDK's own exceptions, and the vendor's words about a field "bogus"
 *   thinking             what a request says that wants to see the thinking; absent where it cannot be seen
 *   client(world, wire)  the SDK's client
 *   ask(client, {...})   a conversation, as {text, calls, thinking, usage, raw}; raw is what goes back into turns
 *   raw(client, {...})   a stream as it is iterated by hand, without a helper that would miss an end
 * Turns are {user: text}, {result: {id, name, value}} of a tool, or {raw} as ask returned it.
 */
export const chat = {
  name: 'chat', vendor: 'openai', model: 'gpt-4o', reasoner: 'gpt-5', op: 'chat', errors: openAIErrors,
  refusal: /Unrecognized request argument supplied: bogus/,

  client: (world, wire, key = world.key) => new OpenAI({ apiKey: key, baseURL: `${world.url}/v1`, fetch: wire.fetch, maxRetries: 0 }),

  async ask(client, { stream, onText, signal, ...rest }) {
    const body = chatBody(rest)
    if (!stream) return answer(await client.chat.completions.create(body, { signal }))
    const s = client.chat.completions.stream({ ...body, stream_options: { include_usage: true } }, { signal })
    if (onText) s.on('content', onText)
    return answer(await s.finalChatCompletion())
  },

  async raw(client, body, onText) {
    for await (const chunk of await client.chat.completions.create({ ...chatBody(body), stream: true })) {
      onText(chunk.choices[0]?.delta.content ?? '')
    }
  },
}

function chatBody({ model, turns, tools, extra }) {
  return {
    model,
    messages: turns.map((t) => {
      if (t.user) return { role: 'user', content: t.user }
      if (t.result) return { role: 'tool', tool_call_id: t.result.id, content: JSON.stringify(t.result.value) }
      return t.raw
    }),
    ...(tools && { tools: tools.map(({ name, schema }) => ({ type: 'function', function: { name, parameters: schema } })) }),
    ...extra,
  }
}

function answer(r) {
  const [{ message }] = r.choices
  return {
    text: message.content ?? '', usage: r.usage, raw: message,
    calls: (message.tool_calls ?? []).map((c) => ({ id: c.id, name: c.function.name, args: JSON.parse(c.function.arguments) })),
  }
}
