import { chat } from './chat.mjs'
import { openAIErrors } from './openai.mjs'

/** OpenAI Responses, through `openai`. */
export const responses = {
  name: 'responses', wire: 'responses', vendor: 'openai', model: 'gpt-4o', reasoner: 'gpt-5', op: 'responses', errors: openAIErrors,
  refusal: /Unknown parameter: 'bogus'/,
  thinking: { reasoning: { effort: 'low', summary: 'auto' } },
  finishes: { stop: 'completed', length: 'max_output_tokens', tools: 'completed' },

  client: chat.client,

  async ask(client, { stream, onText, onCall, signal, ...rest }) {
    const body = responsesBody(rest)
    if (!stream) return answer(await client.responses.create(body, { signal }))
    const s = client.responses.stream(body, { signal })
    if (onText) s.on('response.output_text.delta', (e) => onText(e.delta))
    if (onCall) s.on('response.function_call_arguments.delta', (e) => onCall(e.delta))
    const thought = []
    s.on('response.reasoning_summary_text.delta', (e) => thought.push(e.delta))
    const r = answer(await s.finalResponse())
    return { ...r, streamedThinking: thought.join('') }
  },

  async raw(client, body, onText) {
    for await (const event of await client.responses.create({ ...responsesBody(body), stream: true })) {
      if (event.type === 'response.output_text.delta') onText(event.delta)
    }
  },
}

const media = (t) => [
  ...(t.image ? [{ type: 'input_image', detail: 'auto', image_url: `data:image/png;base64,${t.image}` }] : []),
  ...(t.pdf ? [{ type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${t.pdf}` }] : []),
]

function responsesBody({ model, turns, system, tools, choose, schema, maxTokens, temperature, extra }) {
  return {
    model,
    input: turns.flatMap((t) => {
      if (media(t).length) return { role: 'user', content: [{ type: 'input_text', text: t.user }, ...media(t)] }
      if (t.user) return { role: 'user', content: t.user }
      if (t.results) return t.results.map((r) => ({
        type: 'function_call_output', call_id: r.id,
        output: r.image ? [{ type: 'input_text', text: JSON.stringify(r.value) }, ...media(r)] : JSON.stringify(r.value),
      }))
      return t.raw
    }),
    ...(system && { instructions: system }),
    ...(tools && { tools: tools.map(({ name, schema }) => ({ type: 'function', name, parameters: schema, strict: false })) }),
    ...(schema && { text: { format: { type: 'json_schema', name: 'answer', schema, strict: true } } }),
    ...(choose && { tool_choice: { type: 'function', name: choose } }),
    ...(temperature && { temperature }),
    ...(maxTokens && { max_output_tokens: maxTokens }),
    ...extra,
  }
}

function answer(r) {
  return {
    id: r.id, requestID: r._request_id, status: r.status, text: r.output_text, usage: r.usage, finish: r.incomplete_details?.reason ?? r.status,
    // The helper of the SDK adds what it has parsed, which the API would not take back.
    raw: r.output.map(({ parsed_arguments, ...item }) => item),
    thinking: r.output.filter((i) => i.type === 'reasoning').flatMap((i) => i.summary.map((s) => s.text)).join(''),
    refusal: r.output.flatMap((i) => i.content ?? []).find((p) => p.type === 'refusal')?.refusal,
    calls: r.output.filter((i) => i.type === 'function_call').map((i) => ({ id: i.call_id, name: i.name, args: JSON.parse(i.arguments) })),
  }
}
