import OpenAI from 'openai'
import { openAIErrors } from './openai.mjs'

/**
 * OpenAI Chat Completions, through `openai`. Every API here has:
 *   name, vendor, op     its own name, whose it is, and what the imitation calls it
 *   wire                 whose way to count usage is: see told.mjs
 *   model, reasoner      models to ask; the second one thinks, and its tool calls carry what came of that
 *   errors, refusal      the SDK's own exceptions, and the vendor's words about a field "bogus"
 *   thinking             what a request says that wants to see the thinking; absent where the vendor never shows it
 *   think                what a request says that wants thinking, where it is not the same
 *   finishes             the SDK's own words for an answer that is whole, is cut off at its limit, wants tools, or came to
 *                        a stop sequence, where that is another one
 *   client(world, wire)  the SDK's client; it retries nothing unless told to, as a third and fourth argument (key, retries)
 *   ask(client, {...})   a conversation, as {text, calls, thinking, refusal, finish, usage, requestID, raw}; raw is what goes back into
 *                        turns
 *   loop(client, {...})  the SDK's own loop of running tools until there is an answer, whose text it resolves to; tools have a run(args)
 *   raw(client, {...})   a stream as it is iterated by hand, without a helper that would miss an end
 * Turns are {user: text, image: base64, pdf: base64}, {results: [{id, name, value, image: base64}]} of tools, or {raw} as ask returned
 * it. Beside turns there may be system, tools, choose (the name of one), schema (of the answer), maxTokens, temperature, stop, and extra for
 * what else the API takes.
 */
export const chat = {
  name: 'chat', wire: 'chat', vendor: 'openai', model: 'gpt-4o', reasoner: 'gpt-5', op: 'chat', errors: openAIErrors,
  refusal: /Unrecognized request argument supplied: bogus/,
  think: { reasoning_effort: 'low' },
  finishes: { stop: 'stop', length: 'length', tools: 'tool_calls' },

  client: (world, wire, key = world.key, maxRetries = 0) =>
    new OpenAI({ apiKey: key, baseURL: `${world.url}/v1`, fetch: wire.fetch, maxRetries }),

  async ask(client, { stream, onText, onCall, signal, ...rest }) {
    const body = chatBody(rest)
    if (!stream) return answer(await client.chat.completions.create(body, { signal }))
    const s = client.chat.completions.stream({ ...body, stream_options: { include_usage: true } }, { signal })
    if (onText) s.on('content', onText)
    if (onCall) s.on('tool_calls.function.arguments.delta', (e) => onCall(e.arguments_delta))
    const thought = []
    s.on('chunk', (c) => thought.push(c.choices[0]?.delta.reasoning_content ?? ''))
    const r = answer(await s.finalChatCompletion())
    return { ...r, streamedThinking: thought.join('') }
  },

  async loop(client, { stream, tools, ...rest }) {
    const callable = tools.map(({ name, schema, run }) =>
      ({ type: 'function', function: { name, parameters: schema, parse: JSON.parse, function: run } }))
    return client.chat.completions.runTools({ ...chatBody(rest), stream, tools: callable }).finalContent()
  },

  async raw(client, body, onText) {
    for await (const chunk of await client.chat.completions.create({ ...chatBody(body), stream: true })) {
      onText(chunk.choices[0]?.delta.content ?? '')
    }
  },
}

function chatBody({ model, turns, system, tools, choose, schema, maxTokens, temperature, stop, extra }) {
  return {
    model,
    messages: [
      ...(system ? [{ role: 'system', content: system }] : []),
      ...turns.flatMap((t) => {
        const media = [
          ...(t.image ? [{ type: 'image_url', image_url: { url: `data:image/png;base64,${t.image}` } }] : []),
          ...(t.pdf ? [{ type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${t.pdf}` } }] : []),
        ]
        if (media.length) return { role: 'user', content: [{ type: 'text', text: t.user }, ...media] }
        if (t.user) return { role: 'user', content: t.user }
        if (t.results) return t.results.map((r) => ({ role: 'tool', tool_call_id: r.id, content: JSON.stringify(r.value) }))
        return t.raw
      }),
    ],
    ...(tools && { tools: tools.map(({ name, schema }) => ({ type: 'function', function: { name, parameters: schema } })) }),
    ...(schema && { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } } }),
    ...(maxTokens && { max_completion_tokens: maxTokens }),
    ...(choose && { tool_choice: { type: 'function', function: { name: choose } } }),
    ...(temperature && { temperature }),
    ...(stop && { stop }),
    ...extra,
  }
}

function answer(r) {
  const [{ message: { parsed, ...message }, finish_reason }] = r.choices
  return {
    text: message.content ?? '', usage: r.usage, raw: message, finish: finish_reason, thinking: message.reasoning_content ?? '',
    refusal: message.refusal, requestID: r._request_id,
    calls: (message.tool_calls ?? []).map((c) => ({ id: c.id, name: c.function.name, args: JSON.parse(c.function.arguments) })),
  }
}
